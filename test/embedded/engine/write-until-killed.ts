import { createEngine } from '../../../src/embedded/engine/create-engine.ts';
import { index } from './index-spec.ts';

/** Inserts numbered pairs for ever, and reports each number once its commit has resolved. Run as a child to be killed. */
const [path = '', first = '0'] = process.argv.slice(2);
const engine = createEngine({ path });
const namespace = { database: 'test', collection: 'pairs' };
await engine.write((batch) => {
  batch.createIndex(namespace, index({ pair: 1 }));
});
for (let pair = Number(first); ; pair += 1) {
  await engine.write((batch) => {
    batch.insert(namespace, { _id: `${pair}-a`, pair, text: 'x'.repeat(500) });
    batch.insert(namespace, { _id: `${pair}-b`, pair, text: 'y'.repeat(500) });
  });
  process.stdout.write(`${pair}\n`);
}
