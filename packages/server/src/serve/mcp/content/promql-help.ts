/** PromQL on a page: for models that know it, and forget the same things each time. */
export const PROMQL_HELP = `# PromQL in short

## Select
- \`http_requests_total{job="shop", code=~"5.."}\`: all series of that name whose labels match. \`=\`, \`!=\`, \`=~\`, \`!~\`; regular expressions are RE2 and match the whole value.
- \`…[5m]\`: the samples of the last five minutes, for functions of a range. At least four scrape intervals long.
- \`… offset 1d\`, \`… @ 1700000000\`: at another time.
- Do not guess names: ask for metric names and label values first.

## Counters, gauges, histograms
- A counter (\`…_total\`, \`…_count\`, \`…_sum\`) only means something as a rate: \`rate(x_total[5m])\` per second, \`increase(x_total[1h])\` in an hour.
- Rate first, then sum: \`sum by (job) (rate(x_total[5m]))\`. The other way round a restart looks like a jump.
- A gauge is read as it is, or by \`avg_over_time\`, \`max_over_time\`, \`delta\`, \`deriv\`, \`predict_linear(x[6h], 86400)\`.
- A quantile of a classic histogram: \`histogram_quantile(0.99, sum by (le) (rate(x_bucket[5m])))\`; of a native one: \`histogram_quantile(0.99, sum(rate(x[5m])))\`.

## Combine
- Share of errors: \`sum(rate(x_total{code=~"5.."}[5m])) / sum(rate(x_total[5m]))\`. Both sides need the same labels: \`sum by (job)\` on both, or \`on (job)\`, with \`group_left\` where one side has many.
- \`topk(5, …)\`, \`bottomk\`, \`count by (job)\`, \`quantile(0.9, …)\`.
- \`and\`, \`or\`, \`unless\` work on label sets; \`absent(up{job="shop"})\` is 1 when there is nothing.
- A comparison filters: \`x > 5\` keeps the series above 5; \`x > bool 5\` gives 0 or 1.

## When nothing comes back
- The name is wrong, the labels do not match, the range is shorter than two scrapes, or the last sample is older than five minutes.
- Two sides of an operator without a common label set give nothing, and no error.
- NaN is a value; a missing point is not zero. \`… or vector(0)\` makes it one, for one series.

## Too much came back
- Add matchers, aggregate (\`sum by\`), take \`topk\`, shorten the range, widen the step.
`;
