// Writes each built file a second and third time, as Brotli and as gzip: the server sends what a browser reads.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const folder = new URL('dist/graphql/assets/', import.meta.url);

for (const name of readdirSync(folder)) {
  if (!/\.(js|css|ttf|svg)$/.test(name)) continue;
  const text = readFileSync(new URL(name, folder));
  const quality = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_LGWIN]: 22 };
  writeFileSync(new URL(`${name}.br`, folder), brotliCompressSync(text, { params: quality }));
  writeFileSync(new URL(`${name}.gz`, folder), gzipSync(text, { level: 9 }));
}
