import { labelsFromPairs, type Labels } from '@vedette/model';
import type { AlertSink } from '../alert-sink.ts';

/**
 * A sink that gives every alert the server's external labels on its way out, as Prometheus does when
 * it sends; the alert's own labels win. Two servers' alerts then differ, and templates see them.
 */
export function withExternalLabels(sink: AlertSink, externalLabels: Labels): AlertSink {
  if (externalLabels.length === 0) return sink;
  return {
    post: (alerts) =>
      sink.post(alerts.map((alert) => ({ ...alert, labels: mergeLabels(externalLabels, alert.labels) }))),
  };
}

/** `over` wins. */
function mergeLabels(under: Labels, over: Labels): Labels {
  return labelsFromPairs([...pairsOf(under), ...pairsOf(over)]);
}

function* pairsOf(labels: Labels): Generator<[string, string]> {
  for (let i = 0; i < labels.length; i += 2) yield [labels[i] ?? '', labels[i + 1] ?? ''];
}
