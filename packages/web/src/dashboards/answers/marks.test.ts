import type { AnnotationQuery } from '@vedette/dashboard';
import { expect, test } from 'vitest';
import { alertMarks, annotationMarks, deployMarks, type MarkSeries } from './marks.ts';

const STEP_MS = 15_000;
const series = (metric: Record<string, string>, seconds: number[], value = '1'): MarkSeries => ({
  metric,
  values: seconds.map((second) => [second, value] as const),
});

test('an alert is marked for as long as it fires, each time anew', () => {
  const marks = alertMarks(
    [series({ alertname: 'Down', alertstate: 'firing', job: 'api', instance: 'x' }, [15, 30, 45, 120])],
    STEP_MS,
  );
  expect(marks).toEqual([
    { atMs: 15_000, endMs: 45_000, kind: 'alert', title: 'Down', text: 'instance=x, job=api' },
    { atMs: 120_000, endMs: 120_000, kind: 'alert', title: 'Down', text: 'instance=x, job=api' },
  ]);
});

test('a version that appears beside an older one is a deploy', () => {
  const build = (version: string, seconds: number[]) =>
    series({ __name__: 'shop_build_info', job: 'shop', version }, seconds);
  const marks = deployMarks([build('1.0', [0, 15, 30]), build('1.1', [45, 60])], 0, STEP_MS);
  expect(marks).toEqual([{ atMs: 45_000, kind: 'deploy', title: 'shop 1.1', text: 'shop_build_info' }]);
});

test('a program that was not there before is no deploy', () => {
  expect(
    deployMarks([series({ __name__: 'x_build_info', job: 'x', version: '1' }, [60, 75])], 0, STEP_MS),
  ).toEqual([]);
});

const annotation: AnnotationQuery = {
  name: 'Nightly backup',
  isOn: true,
  isHidden: false,
  color: 'blue',
  expr: 'backup_running',
  title: 'Backup of {{ db }}',
  text: '',
  tagKeys: [],
  step: '',
};

test('an annotation has the labels in its words, and is a moment where it is one point', () => {
  const marks = annotationMarks(annotation, [series({ db: 'shop' }, [15, 60, 75])], STEP_MS);
  expect(marks).toEqual([
    { atMs: 15_000, kind: 'annotation', title: 'Backup of shop', text: 'db=shop', colour: 'blue' },
    {
      atMs: 60_000,
      endMs: 75_000,
      kind: 'annotation',
      title: 'Backup of shop',
      text: 'db=shop',
      colour: 'blue',
    },
  ]);
});

test('an annotation that is 0 did not happen, one called deploy is a deploy', () => {
  expect(annotationMarks(annotation, [series({}, [15], '0')], STEP_MS)).toEqual([]);
  const [mark] = annotationMarks({ ...annotation, name: 'Deploys', title: '' }, [series({}, [15])], STEP_MS);
  expect([mark?.kind, mark?.title]).toEqual(['deploy', 'Deploys']);
});

test('no more than a hundred marks stand on a chart, the newest', () => {
  const many = Array.from({ length: 150 }, (_, i) => i * 60);
  const marks = alertMarks([series({ alertname: 'Flap' }, many)], STEP_MS);
  expect(marks.length).toBe(100);
  expect(marks.at(-1)?.atMs).toBe(149 * 60_000);
});
