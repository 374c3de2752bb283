// How Chromium is started, for tests and benchmarks alike.
export const LAUNCH = {
  executablePath: process.env.KARDAKAR_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
};

export const GEORGIA = { locale: 'ka-GE', timezoneId: 'Asia/Tbilisi' };
