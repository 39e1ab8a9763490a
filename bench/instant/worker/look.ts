/**
 * A Worker that reads an index as the look does, `times` times in one request, so that its CPU time can be measured from
 * outside (the clock does not advance inside a Worker). runtime.ts bundles it.
 */
import { buildSourceIndex } from '../../../src/media/made/build-index.ts';
import { readStandardSource } from '../../../src/media/source/read-movie.ts';

export default {
  async fetch(request: Request): Promise<Response> {
    const { searchParams } = new URL(request.url);
    const moov = new Uint8Array(await request.arrayBuffer());
    const work = searchParams.get('work');
    let indexBytes = 0;
    for (let count = Number(searchParams.get('times')); count > 0; count -= 1) {
      if (work !== 'nothing') {
        const source = readStandardSource(moov, Number(searchParams.get('size')));
        indexBytes = work === 'read' ? 0 : (await buildSourceIndex(source)).bytes.byteLength;
      }
    }
    return Response.json({ moovBytes: moov.byteLength, indexBytes });
  },
};
