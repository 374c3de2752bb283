// A picture that does not pack, of more than a chunk. Runs in the page.
export async function noise(seed) {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [320, 240];
  const context = canvas.getContext('2d');
  const image = context.createImageData(320, 240);
  let state = seed + 7;
  for (let at = 0; at < image.data.length; at += 1) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    image.data[at] = at % 4 === 3 ? 255 : (state >> 16) & 255;
  }
  context.putImageData(image, 0, 0);
  const blob = await new Promise((done) => canvas.toBlob(done, 'image/png'));
  return [...new Uint8Array(await blob.arrayBuffer())];
}
