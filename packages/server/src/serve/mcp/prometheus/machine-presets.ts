/** Presets over node_exporter's, cAdvisor's and kube-state-metrics' names: machines and pods. */
import { z } from 'zod';
import type { McpTool } from '../tool.ts';
import { Asker, type PrometheusToolDeps } from './ask.ts';
import { presetInputs, presetResult, valueInput, windowText, type PresetColumn } from './preset.ts';
import { instanceMatcher, matcherOf, selectorOf } from './promql-text.ts';
import { readTime } from '../times.ts';

const nodeInput = z.strictObject({
  instance: valueInput('Host, host:port, or a pattern such as web-*; default all'),
  ...presetInputs,
});

const NO_NODES =
  'no such series: is node_exporter scraped (or the collector of this machine on)? prom_labels with label instance lists instances';

export function nodeCpuTool(deps: PrometheusToolDeps): McpTool<typeof nodeInput> {
  return {
    name: 'prom_node_cpu_usage',
    title: 'CPU of machines',
    description: 'CPU per machine: used, user, system, iowait, steal in percent, cores, load.',
    input: nodeInput,
    access: 'read',
    run: async ({ instance, window, time, limit }, call) => {
      const w = windowText(window);
      const own = instance === undefined ? undefined : instanceMatcher(instance);
      const modeRate = (mode: string): string =>
        `avg by (instance) (rate(node_cpu_seconds_total${selectorOf([`mode="${mode}"`, own])}[${w}]))`;
      const columns: PresetColumn[] = [
        { name: 'used %', expr: `100 * (1 - ${modeRate('idle')})` },
        ...['user', 'system', 'iowait', 'steal'].map((mode) => ({
          name: `${mode} %`,
          expr: `100 * ${modeRate(mode)}`,
        })),
        {
          name: 'cores',
          expr: `count by (instance) (node_cpu_seconds_total${selectorOf(['mode="idle"', own])})`,
        },
        { name: 'load1', expr: `max by (instance) (node_load1${selectorOf([own])})` },
      ];
      const tables = [{ title: 'CPU', keys: ['instance'], columns }];
      const atMs = readTime('time', time, call.nowMs) ?? call.nowMs;
      const options = { atMs, limit, hintIfNone: NO_NODES, what: `CPU of machines over ${w}` };
      return await presetResult({ deps, asker: new Asker(deps, call) }, tables, options);
    },
  };
}

const nodeMemoryInput = nodeInput.omit({ window: true });

export function nodeMemoryTool(deps: PrometheusToolDeps): McpTool<typeof nodeMemoryInput> {
  return {
    name: 'prom_node_memory_usage',
    title: 'Memory of machines',
    description: 'Memory per machine: used in percent, available and total bytes, swap used in percent.',
    input: nodeMemoryInput,
    access: 'read',
    run: async ({ instance, time, limit }, call) => {
      const own = selectorOf([instance === undefined ? undefined : instanceMatcher(instance)]);
      const bytes = (name: string): string => `max by (instance) (node_memory_${name}_bytes${own})`;
      const columns: PresetColumn[] = [
        { name: 'used %', expr: `100 * (1 - ${bytes('MemAvailable')} / ${bytes('MemTotal')})` },
        { name: 'available bytes', expr: bytes('MemAvailable') },
        { name: 'total bytes', expr: bytes('MemTotal') },
        // Without swap there is no ratio.
        {
          name: 'swap used %',
          expr: `100 * (1 - ${bytes('SwapFree')} / (${bytes('SwapTotal')} > 0))`,
        },
      ];
      const tables = [{ title: 'Memory', keys: ['instance'], columns }];
      const atMs = readTime('time', time, call.nowMs) ?? call.nowMs;
      const options = { atMs, limit, hintIfNone: NO_NODES, what: 'memory of machines' };
      return await presetResult({ deps, asker: new Asker(deps, call) }, tables, options);
    },
  };
}

const nodeDiskInput = nodeInput.extend({
  mountpoint: valueInput('Such as /var, or a pattern; default all real file systems'),
});

/** File systems that no disk is behind. */
const NO_DISK = 'fstype!~"tmpfs|ramfs|devtmpfs|overlay|squashfs|autofs|nsfs|proc|sysfs|cgroup2?"';

export function nodeDiskTool(deps: PrometheusToolDeps): McpTool<typeof nodeDiskInput> {
  return {
    name: 'prom_node_disk_usage',
    title: 'Disks of machines',
    description:
      'File systems: used in percent, free and total bytes, inodes; disks: busy time, bytes read and written.',
    input: nodeDiskInput,
    access: 'read',
    run: async ({ instance, mountpoint, window, time, limit }, call) => {
      const w = windowText(window);
      const own = instance === undefined ? undefined : instanceMatcher(instance);
      const mount = mountpoint === undefined ? undefined : matcherOf('mountpoint', mountpoint);
      const files = selectorOf([NO_DISK, own, mount]);
      const size = (name: string): string =>
        `max by (instance, mountpoint) (node_filesystem_${name}${files})`;
      const io = (name: string): string =>
        `max by (instance, device) (rate(node_disk_${name}_total${selectorOf([own])}[${w}]))`;
      const tables = [
        {
          title: 'File systems',
          keys: ['instance', 'mountpoint'],
          columns: [
            { name: 'used %', expr: `100 * (1 - ${size('avail_bytes')} / ${size('size_bytes')})` },
            { name: 'free bytes', expr: size('avail_bytes') },
            { name: 'total bytes', expr: size('size_bytes') },
            { name: 'inodes used %', expr: `100 * (1 - ${size('files_free')} / (${size('files')} > 0))` },
          ],
        },
        {
          title: 'Disks',
          keys: ['instance', 'device'],
          columns: [
            { name: 'busy %', expr: `100 * ${io('io_time_seconds')}` },
            { name: 'read bytes/s', expr: io('read_bytes') },
            { name: 'written bytes/s', expr: io('written_bytes') },
          ],
        },
      ];
      const atMs = readTime('time', time, call.nowMs) ?? call.nowMs;
      const options = { atMs, limit, hintIfNone: NO_NODES, what: 'file systems' };
      return await presetResult({ deps, asker: new Asker(deps, call) }, tables, options);
    },
  };
}

const podInput = z.strictObject({
  namespace: valueInput('Namespace, or a pattern such as shop-*; default all'),
  pod: valueInput('Pod, or a pattern such as api-*; default all'),
  ...presetInputs,
});

const NO_PODS =
  'no such series: pods are seen through the metrics of kubelet (cAdvisor); prom_labels with label pod lists those that are known';

interface PodArguments {
  readonly namespace?: string | undefined;
  readonly pod?: string | undefined;
}

/** The containers of pods; where a runtime names none, the pod as a whole. */
function podSum(name: string, { namespace, pod }: PodArguments, wrap: (selected: string) => string): string {
  const who = [
    namespace === undefined ? undefined : matcherOf('namespace', namespace),
    pod === undefined ? 'pod!=""' : matcherOf('pod', pod),
  ];
  const sum = (matchers: readonly (string | undefined)[]): string =>
    `sum by (namespace, pod) (${wrap(`${name}${selectorOf([...matchers, ...who])}`)})`;
  return `(${sum(['container!=""', 'container!="POD"'])} or ${sum(['container=""'])})`;
}

/** What kube-state-metrics tells of the pod's specification. */
function podResource(kind: 'requests' | 'limits', resource: 'cpu' | 'memory', args: PodArguments): string {
  const { namespace, pod } = args;
  const selector = selectorOf([
    `resource="${resource}"`,
    namespace === undefined ? undefined : matcherOf('namespace', namespace),
    pod === undefined ? undefined : matcherOf('pod', pod),
  ]);
  return `sum by (namespace, pod) (kube_pod_container_resource_${kind}${selector})`;
}

export function podCpuTool(deps: PrometheusToolDeps): McpTool<typeof podInput> {
  return {
    name: 'prom_pod_cpu_usage',
    title: 'CPU of pods',
    description:
      'CPU per pod: cores used, requested and allowed, share of the limit, throttled periods in percent.',
    input: podInput,
    access: 'read',
    run: async ({ window, time, limit, ...who }, call) => {
      const w = windowText(window);
      const rate = (name: string): string => podSum(name, who, (selected) => `rate(${selected}[${w}])`);
      const used = rate('container_cpu_usage_seconds_total');
      const columns: PresetColumn[] = [
        { name: 'cores', expr: used },
        { name: 'requested', expr: podResource('requests', 'cpu', who) },
        { name: 'limit', expr: podResource('limits', 'cpu', who) },
        { name: '% of limit', expr: `100 * ${used} / ${podResource('limits', 'cpu', who)}` },
        {
          name: 'throttled %',
          expr: `100 * ${rate('container_cpu_cfs_throttled_periods_total')} / ${rate('container_cpu_cfs_periods_total')}`,
        },
      ];
      const tables = [{ title: 'Pods', keys: ['namespace', 'pod'], columns }];
      const atMs = readTime('time', time, call.nowMs) ?? call.nowMs;
      const options = { atMs, limit, hintIfNone: NO_PODS, what: `CPU of pods over ${w}` };
      return await presetResult({ deps, asker: new Asker(deps, call) }, tables, options);
    },
  };
}

const podMemoryInput = podInput.omit({ window: true });

export function podMemoryTool(deps: PrometheusToolDeps): McpTool<typeof podMemoryInput> {
  return {
    name: 'prom_pod_memory_usage',
    title: 'Memory of pods',
    description: 'Memory per pod: working set, requested and allowed bytes, share of the limit, restarts.',
    input: podMemoryInput,
    access: 'read',
    run: async ({ time, limit, ...who }, call) => {
      const used = podSum('container_memory_working_set_bytes', who, (selected) => selected);
      const restarts = selectorOf([
        who.namespace === undefined ? undefined : matcherOf('namespace', who.namespace),
        who.pod === undefined ? undefined : matcherOf('pod', who.pod),
      ]);
      const columns: PresetColumn[] = [
        { name: 'working set bytes', expr: used },
        { name: 'requested', expr: podResource('requests', 'memory', who) },
        { name: 'limit', expr: podResource('limits', 'memory', who) },
        { name: '% of limit', expr: `100 * ${used} / ${podResource('limits', 'memory', who)}` },
        {
          name: 'restarts',
          expr: `sum by (namespace, pod) (kube_pod_container_status_restarts_total${restarts})`,
        },
      ];
      const tables = [{ title: 'Pods', keys: ['namespace', 'pod'], columns }];
      const atMs = readTime('time', time, call.nowMs) ?? call.nowMs;
      const options = { atMs, limit, hintIfNone: NO_PODS, what: 'memory of pods' };
      return await presetResult({ deps, asker: new Asker(deps, call) }, tables, options);
    },
  };
}
