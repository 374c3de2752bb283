//! What a child may use. Exceeding it ends the child, not the server.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

/// Address space of a child, in bytes.
pub const MEMORY: u64 = 256 << 20;
/// Processor time for one job, in seconds. Not the wall's: an honest record must not be refused because
/// the machine is busy.
pub const SECONDS: u64 = 2;
/// The same for a form that an administrator sends: rare, and large ones are honest.
const FORM_SECONDS: u64 = 10;

/// Limits memory, and keeps what was in it out of core files.
pub fn begin() -> std::io::Result<()> {
    limit(Resource::As, MEMORY)?;
    limit(Resource::Core, 0)
}

/// Gives the next job its time.
pub fn next_job() -> std::io::Result<()> {
    allow(SECONDS)
}

/// Gives the job that has begun the time of a form.
pub fn form() -> std::io::Result<()> {
    allow(FORM_SECONDS)
}

/// The processor time that this process has used, in microseconds.
pub fn used_us() -> u64 {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    used.tv_sec.unsigned_abs() * 1_000_000 + used.tv_nsec.unsigned_abs() / 1000
}

fn allow(seconds: u64) -> std::io::Result<()> {
    let used = clock_gettime(ClockId::ProcessCPUTime).tv_sec;
    // The kernel counts whole seconds begun.
    limit(Resource::Cpu, used.unsigned_abs() + seconds)
}

fn limit(resource: Resource, current: u64) -> std::io::Result<()> {
    let maximum = getrlimit(resource).maximum;
    let current = maximum.map_or(current, |maximum| current.min(maximum));
    Ok(setrlimit(resource, Rlimit { current: Some(current), maximum })?)
}
