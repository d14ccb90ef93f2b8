/** What the demonstration's server is told: to watch the shop, to wake up soon, and whom to tell. */
export function demoConfig(options: {
  readonly shopPort: number;
  readonly hookUrl: string;
  readonly rulesFile: string;
}): string {
  return `
global: { scrape_interval: 2s, scrape_timeout: 1s, evaluation_interval: 2s }
packs: { http: true, queue: true, llm: true, sandbox: true, user_behavior: true }
rule_files: [ ${JSON.stringify(options.rulesFile)} ]
scrape_configs:
  - job_name: shop
    static_configs: [{ targets: ['127.0.0.1:${options.shopPort}'] }]
guard:
  mode: enforce
  ids: plain
  dynamic_thresholds: { enabled: false }
  escalation: { jitter: 0 }
  policies:
    - name: searches
      actions: ["GET /search"]
      window: 30s
      steps:
        - { over: 15, decide: slow, for: 20s }
        - { over: 30, decide: refuse, for: 40s }
    - name: orders
      mode: shadow
      actions: ["POST /orders"]
      window: 10m
      steps:
        - { over: 20, decide: refuse, for: 10m }
alertmanager:
  route:
    receiver: team
    group_by: [alertname]
    group_wait: 2s
    group_interval: 10s
    repeat_interval: 1h
    routes:
      - matchers: ['severity="critical"']
        receiver: pager
  receivers:
    - name: team
      webhook_configs: [{ url: ${JSON.stringify(options.hookUrl)} }]
      log_configs: [{}]
    - name: pager
      webhook_configs: [{ url: ${JSON.stringify(options.hookUrl)} }]
`;
}

/** The shipped rules wait for minutes, as they should; a demonstration has seconds. */
export const DEMO_RULES = `groups:
  - name: shop
    rules:
      - record: shop:requests:rate30s
        expr: sum by (route) (rate(http_requests_total{job="shop"}[30s]))
      - alert: ShopErrors
        expr: sum by (route) (rate(http_requests_total{job="shop",status=~"5.."}[20s])) / sum by (route) (rate(http_requests_total{job="shop"}[20s])) > 0.15
        for: 10s
        labels: { severity: critical, service: shop }
        annotations: { summary: "{{ $labels.route }} fails {{ $value | humanizePercentage }} of its requests" }
      - alert: ShopSlow
        expr: histogram_quantile(0.95, sum by (le, route) (rate(http_request_duration_seconds_bucket{job="shop",route!~"/recommendations|/pictures|/search"}[20s]))) > 0.5
        for: 10s
        labels: { severity: warning, service: shop }
        annotations: { summary: "{{ $labels.route }} takes {{ $value | humanizeDuration }} (p95)" }
      - alert: ShopDown
        expr: up{job="shop"} == 0
        for: 6s
        labels: { severity: critical, service: shop }
        annotations: { summary: "The shop does not answer" }
      - alert: MailBacklog
        expr: queue_size{job="shop",queue="mails"} > 15
        for: 10s
        labels: { severity: warning, service: shop }
        annotations: { summary: "{{ $value }} mails wait" }
      - alert: ModelCost
        expr: sum(rate(ai_cost_usd_total{job="shop"}[1m])) * 3600 > 100
        for: 10s
        labels: { severity: warning, service: shop }
        annotations: { summary: "The model costs {{ $value | humanize }} USD an hour" }
`;
