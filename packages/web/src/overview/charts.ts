import type { TFunction } from 'i18next';
import type { ChartSpec } from '../chart/chart-card.tsx';
import { lastValueOf, type Frame, type FrameSeries } from '../chart/frame.ts';
import { formatValue } from '../format/unit.ts';

/** Interfaces that only repeat the traffic of others, or never leave the machine. */
const VIRTUAL_DEVICES = 'lo|veth.*|docker.*|br-.*|virbr.*|cali.*|flannel.*|cni.*';

/** Memory devices and partitions of a disk that is counted whole. */
const VIRTUAL_DISKS = 'loop.*|ram.*|zram.*|dm-.*|sr.*|fd.*';

/** The charts of this machine, from the host collector (node_exporter's metric names). */
export function machineCharts(t: TFunction): ChartSpec[] {
  return [cpuChart(t), memoryChart(t), networkChart(t), diskChart(t), loadChart(t), pressureChart(t)];
}

function cpuChart(t: TFunction): ChartSpec {
  return {
    title: t('overview.cpu'),
    // The mean over all cores: 1 is the whole machine, whatever its size.
    exprs: ['avg by (mode) (rate(node_cpu_seconds_total{job="node",mode!="idle"}[$window]))'],
    unit: 'percentunit',
    isStacked: true,
    yMin: 0,
    yMax: 1,
    nameOf: ({ labels }) => labels['mode'] ?? '',
    legendLines: 3,
    headline: (frame) => formatValue(sumOfLast(frame), 'percentunit'),
  };
}

function memoryChart(t: TFunction): ChartSpec {
  const names = [t('overview.memoryUsed'), t('overview.memoryCache')];
  return {
    title: t('overview.memory'),
    exprs: [
      'node_memory_MemTotal_bytes{job="node"} - node_memory_MemAvailable_bytes{job="node"}',
      'node_memory_MemAvailable_bytes{job="node"} - node_memory_MemFree_bytes{job="node"}',
      'node_memory_MemTotal_bytes{job="node"}',
    ],
    ceiling: 2,
    unit: 'bytes',
    isStacked: true,
    yMin: 0,
    nameOf: byExpression(names),
    headline: (frame) => formatValue((lastOf(frame, 0) ?? NaN) / (lastOf(frame, 2) ?? NaN), 'percentunit'),
  };
}

function networkChart(t: TFunction): ChartSpec {
  const rate = (direction: string): string =>
    `sum(rate(node_network_${direction}_bytes_total{job="node",device!~"${VIRTUAL_DEVICES}"}[$window]))`;
  return {
    title: t('overview.network'),
    exprs: [rate('receive'), rate('transmit')],
    unit: 'Bps',
    yMin: 0,
    nameOf: byExpression([t('overview.receive'), t('overview.transmit')]),
    headline: (frame) => `↓ ${formatValue(lastOf(frame, 0), 'Bps')}`,
  };
}

function diskChart(t: TFunction): ChartSpec {
  const rate = (direction: string): string =>
    `sum(rate(node_disk_${direction}_bytes_total{job="node",device!~"${VIRTUAL_DISKS}"}[$window]))`;
  return {
    title: t('overview.diskIo'),
    exprs: [rate('read'), rate('written')],
    unit: 'Bps',
    yMin: 0,
    nameOf: byExpression([t('overview.read'), t('overview.write')]),
    headline: (frame) => formatValue(sumOfLast(frame), 'Bps'),
  };
}

function loadChart(t: TFunction): ChartSpec {
  return {
    title: t('overview.load'),
    exprs: ['node_load1{job="node"}', 'node_load5{job="node"}', 'node_load15{job="node"}'],
    unit: 'none',
    yMin: 0,
    nameOf: byExpression(['1 min', '5 min', '15 min']),
    headline: (frame) => formatValue(lastOf(frame, 0), 'none'),
  };
}

function pressureChart(t: TFunction): ChartSpec {
  const stalled = (resource: string): string =>
    `rate(node_pressure_${resource}_waiting_seconds_total{job="node"}[$window])`;
  return {
    title: t('overview.pressure'),
    exprs: [stalled('cpu'), stalled('io'), stalled('memory')],
    unit: 'percentunit',
    yMin: 0,
    nameOf: byExpression([t('overview.pressureCpu'), t('overview.pressureIo'), t('overview.pressureMemory')]),
    headline: (frame) => formatValue(maxOfLast(frame), 'percentunit'),
    absent: t('overview.pressureAbsent'),
  };
}

/** The charts of Vedette itself. */
export function selfCharts(t: TFunction): ChartSpec[] {
  return [
    {
      title: t('overview.loopDelay'),
      exprs: [
        'nodejs_eventloop_lag_p99_seconds{job="vedette"}',
        'nodejs_eventloop_lag_p50_seconds{job="vedette"}',
      ],
      unit: 's',
      yMin: 0,
      nameOf: byExpression(['p99', 'p50']),
      headline: (frame) => formatValue(lastOf(frame, 0), 's'),
    },
    {
      title: t('overview.ingest'),
      exprs: ['sum(rate(vedette_tsdb_samples_appended_total{job="vedette"}[$window]))'],
      unit: 'short',
      yMin: 0,
      nameOf: byExpression([t('overview.samplesPerSecond')]),
      headline: (frame) => `${formatValue(lastOf(frame, 0), 'short')}/s`,
    },
    {
      title: t('overview.series'),
      exprs: ['sum(vedette_tsdb_head_series{job="vedette"})'],
      unit: 'short',
      yMin: 0,
      nameOf: byExpression([t('overview.activeSeries')]),
      headline: (frame) => formatValue(lastOf(frame, 0), 'short'),
    },
    {
      title: t('overview.processMemory'),
      exprs: ['process_resident_memory_bytes{job="vedette"}', 'nodejs_heap_size_used_bytes{job="vedette"}'],
      unit: 'bytes',
      yMin: 0,
      nameOf: byExpression([t('overview.resident'), t('overview.heap')]),
      headline: (frame) => formatValue(lastOf(frame, 0), 'bytes'),
    },
  ];
}

function byExpression(names: readonly string[]): (series: FrameSeries) => string {
  return ({ q }) => names[q] ?? '';
}

function lastOf(frame: Frame, q: number): number | null {
  const series = frame.series.find((candidate) => candidate.q === q);
  return series === undefined ? null : lastValueOf(series);
}

function sumOfLast(frame: Frame): number | null {
  const values = frame.series.map(lastValueOf).filter((value) => value !== null);
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0);
}

function maxOfLast(frame: Frame): number | null {
  const values = frame.series.map(lastValueOf).filter((value) => value !== null);
  return values.length === 0 ? null : Math.max(...values);
}
