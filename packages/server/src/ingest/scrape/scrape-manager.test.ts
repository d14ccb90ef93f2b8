import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsToRecord } from '@vedette/model';
import { createScrapeFixture } from './scrape-fixture.ts';

test('a static target is scraped into one batch with up and its companions', async (t) => {
  const fixture = await createScrapeFixture(t);
  fixture.page = '# TYPE jobs gauge\njobs{queue="mail"} 3\njobs{queue="sms"} 4\n';
  await fixture.apply([
    { job_name: 'app', static_configs: [{ targets: [fixture.address], labels: { env: 'test' } }] },
  ]);
  fixture.manager.start();
  await fixture.scrape();
  assert.equal(fixture.batches.length, 1);
  const instance = fixture.address;
  assert.deepEqual(
    fixture.batches[0]?.samples.slice(0, 3).map(({ series, value }) => [series, value]),
    [
      [`jobs{env="test", instance="${instance}", job="app", queue="mail"}`, 3],
      [`jobs{env="test", instance="${instance}", job="app", queue="sms"}`, 4],
      [`up{env="test", instance="${instance}", job="app"}`, 1],
    ],
  );
  const [target] = fixture.manager.targets().active;
  assert.equal(target?.health, 'up');
  assert.equal(target.lastError, '');
  assert.deepEqual(labelsToRecord(target.labels), { env: 'test', instance, job: 'app' });
});
