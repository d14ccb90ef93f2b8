import { Skeleton } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { lastValueOf, type Frame } from '../chart/frame.ts';
import { useVisible } from '../chart/use-visible.ts';
import { Fault } from '../design/fault.tsx';
import { Panel } from '../design/panel.tsx';
import { formatValue } from '../format/unit.ts';
import { useSeries } from '../live/use-series.ts';
import css from './overview.module.css';

/** File systems that hold nothing one could fill. */
const PSEUDO =
  'tmpfs|ramfs|devtmpfs|squashfs|overlay|iso9660|proc|sysfs|cgroup.*|autofs|fuse.lxcfs|nsfs|tracefs';

const SELECTOR = `{job="node",fstype!~"${PSEUDO}"}`;

/** Space changes slowly: a minute of it, one point in ten seconds, is enough for the newest value. */
const RANGE = { kind: 'relative', spanMs: 60_000 } as const;

/** Of one disk: most machines have one that counts. */
const ROW_HEIGHT = 40;

/** How full the disks are. */
export function DisksPanel() {
  const { t } = useTranslation();
  const { ref, isVisible } = useVisible<HTMLDivElement>();
  const { frame, faults, isLoading } = useSeries({
    exprs: [`node_filesystem_size_bytes${SELECTOR}`, `node_filesystem_avail_bytes${SELECTOR}`],
    range: RANGE,
    stepMs: 10_000,
    isVisible,
  });
  const disks = frame === undefined ? [] : disksOf(frame);
  return (
    <div ref={ref}>
      <Panel title={t('overview.disks')}>
        {isLoading && <Skeleton height={ROW_HEIGHT} />}
        {frame === undefined && faults[0] !== undefined && <Fault message={faults[0].message} />}
        {frame !== undefined && disks.length === 0 && <p className={css.quiet}>{t('overview.noDisks')}</p>}
        <ul className={css.rows}>
          {disks.map(({ mountpoint, usedRatio, availBytes }) => (
            <li key={mountpoint} className={css.disk}>
              <span className={css.diskName}>{mountpoint}</span>
              <span className={css.rowEnd}>
                {formatValue(usedRatio, 'percentunit')} ·{' '}
                {t('overview.diskFree', { size: formatValue(availBytes, 'bytes') })}
              </span>
              <span className={css.bar} data-tone={toneOf(usedRatio)} aria-hidden="true">
                <span style={{ width: `${usedRatio * 100}%` }} />
              </span>
            </li>
          ))}
        </ul>
      </Panel>
    </div>
  );
}

interface Disk {
  readonly mountpoint: string;
  readonly usedRatio: number;
  readonly availBytes: number;
}

/** One entry per device: the same device mounted in ten places is one disk. Fullest first. */
function disksOf(frame: Frame): Disk[] {
  const disks = new Map<string, Disk>();
  for (const size of frame.series) {
    const { mountpoint = '', device = mountpoint } = size.labels;
    if (size.q !== 0) continue;
    const avail = frame.series.find(({ q, labels }) => q === 1 && labels['mountpoint'] === mountpoint);
    const sizeBytes = lastValueOf(size);
    const availBytes = avail === undefined ? null : lastValueOf(avail);
    if (sizeBytes === null || sizeBytes === 0 || availBytes === null) continue;
    const known = disks.get(device);
    if (known !== undefined && known.mountpoint.length <= mountpoint.length) continue;
    disks.set(device, { mountpoint, usedRatio: 1 - availBytes / sizeBytes, availBytes });
  }
  return [...disks.values()].sort((a, b) => b.usedRatio - a.usedRatio);
}

/** The borders of the shipped alerts on disk space. */
function toneOf(usedRatio: number): 'ok' | 'warning' | 'critical' {
  if (usedRatio >= 0.95) return 'critical';
  return usedRatio >= 0.85 ? 'warning' : 'ok';
}
