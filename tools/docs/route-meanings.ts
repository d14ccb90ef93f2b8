/** Table: what each route does, by its first method and its path. A test compares it with the routes. */
export const ROUTE_MEANINGS: Readonly<Record<string, string>> = {
  'GET /-/healthy': 'The process runs.',
  'GET /-/ready': '200 from the moment queries are answered, 503 before.',
  'GET /health': 'The process runs; for tools that look here.',
  'POST /-/reload': 'Reads the configuration again; a faulty one changes nothing and is told in the answer.',
  'GET /metrics': 'Own metrics ([metrics.md](metrics.md)), as Prometheus text or OpenMetrics.',
  'GET /mcp':
    'Model Context Protocol ([mcp.md](mcp.md)), streamable HTTP, the revisions of 2025 and 2026: tools over the whole of this server.',
  'GET /mcp/prometheus': "The same with eighteen tools of Prometheus' names, and nothing else.",
  'GET /api/v1/query':
    'Evaluates `query` at one `time`; with `max_source_resolution` downsampled samples may stand for others.',
  'GET /api/v1/query_range':
    'Evaluates `query` from `start` to `end`, every `step`; `max_source_resolution` as there, or `auto`: a fifth of `step`.',
  'GET /api/v1/format_query': 'Lays `query` out in lines.',
  'GET /api/v1/parse_query': 'The tree of `query`, for editors and builders.',
  'GET /api/v1/series': 'Label sets that match any `match[]`.',
  'GET /api/v1/labels': 'Label names.',
  'GET /api/v1/label/:name/values': 'Values of one label.',
  'GET /api/v1/query_exemplars':
    'Exemplars of the series that the selectors of `query` match, from `start` to `end`.',
  'POST /api/v1/admin/tsdb/delete_series': 'Deletes the samples of `match[]` from `start` to `end`.',
  'POST /api/v1/admin/tsdb/clean_tombstones': 'Takes deleted samples off the disk.',
  'POST /api/v1/admin/tsdb/snapshot':
    'Copies the samples to `metrics/snapshots` below the data directory; with `skip_head` only what is in blocks.',
  'GET /api/v1/metadata': 'Type, help and unit of metrics.',
  'POST /api/v1/write': 'Takes Prometheus remote write, versions 1.0 and 2.0.',
  'GET /federate':
    'The newest sample of each series that any `match[]` selects, for another Prometheus to scrape.',
  'POST /api/v1/read':
    'Stored samples by remote read: protobuf in snappy, answered in samples or a stream of chunks.',
  'GET /api/v1/rules': 'Rule groups with their state.',
  'GET /api/v1/alerts': 'Pending and firing alerts.',
  'POST /api/v1/alerts':
    "Takes alerts: an object is Alertmanager's or Grafana's webhook, an array the alerts of Alertmanager's API v1.",
  'POST /webhooks/alertmanager/:source':
    'The same, with a name for who sends: its alerts are listed and live by it (`alert_intake`).',
  'GET /api/vedette/alert-sources': 'Who announces alerts by webhook, with what fires and what went stale.',
  'GET /api/v1/alertmanagers':
    'Alertmanagers that alerts are sent on to, and those that relabelling dropped.',
  'GET /api/v1/scrape_pools': 'Names of the scrape jobs that have targets.',
  'GET /api/v1/targets/metadata': 'Type, help and unit of metrics, by target.',
  'GET /api/v1/status/walreplay': 'How far the log of samples was read at the start: done.',
  'GET /api/v1/targets': 'Scrape targets, active and dropped.',
  'GET /api/v1/status/buildinfo': 'Version; names the Prometheus whose behaviour is followed.',
  'GET /api/v1/status/runtimeinfo': 'Start time, working directory, retention, last reload.',
  'GET /api/v1/status/config': 'The configuration file as it was loaded.',
  'GET /api/v1/status/flags': 'Settings of the start.',
  'GET /api/v1/status/tsdb': 'Which metrics and labels have the most series.',
  'GET /api/status': 'The server in a few numbers, for scripts.',
  'GET /api/metrics': 'CPU, memory, disk, load and network of this machine as six numbers.',
  'GET /api/alerts': 'Alerts as a short list, for scripts.',
  'GET /api/vedette/server':
    'Where samples are kept and how long, the interval of scrapes, and how the last reload went; why it failed is for operators.',
  'GET /api/vedette/receivers':
    'Receivers with their channels: where each leads, without secrets, and how its last attempt ended.',
  'POST /api/vedette/receivers/:name/test':
    'Sends a marked test alert through one channel, once, and tells what came back.',
  'GET /api/vedette/cardinality':
    'Who has series and who creates them: jobs with their limits, creators of the last hour, labels of the series that `job`, `metric` and `match[]` select.',
  'GET /api/vedette/notifications': 'Notifications sent last, with their outcome.',
  'GET /api/vedette/notifications/attempts':
    'Every attempt to notify with its answer, the newest first; `receiver`, `integration`, `outcome`, `fingerprint`, `text`, `start`, `end` choose, `limit` and `cursor` page.',
  'GET /api/vedette/alerts/:fingerprint/analysis':
    'What the monitor agent finds about an alert: severity, what changed, who is hit, related alerts and series, what to do. One of the last minutes, else a new one; with `fresh=1` always a new one. `format=markdown` or `text` tells it for a ticket or a terminal.',
  'GET /api/vedette/analyses': 'The last analyses in a line each, the newest first; at most `limit`.',
  'GET /api/vedette/analyses/:id': 'One of them whole, as it was made; `format` as above.',
  'GET /api/vedette/analysis.schema.json': 'JSON schema of an analysis.',
  'GET /api/vedette/alerts/:fingerprint/explain':
    'Why an alert was told or not: routes, groups, what mutes it, what each receiver was told, when the next message goes out.',
  'POST /api/vedette/alerts/explain': 'The same for labels, of an alert that need not be there.',
  'POST /api/vedette/silences/preview':
    'What a silence with these matchers would hit now, with a warning when that is too much.',
  'GET /api/vedette/silences/:id/history':
    'What happened to a silence, and to those before and after it in its place.',
  'GET /api/vedette/queries/slow':
    'The last queries that took longer than `query.log_queries_longer_than`, with what they cost.',
  'POST /api/vedette/backups':
    'Sets a copy of everything aside, for `vedette backup`; the answer lists its files.',
  'GET /api/vedette/backups/:name/*': 'One file of that copy.',
  'DELETE /api/vedette/backups/:name': 'Removes that copy.',
  'POST /guard/actions':
    'What users did: the batches of the SDK, or `{"actions":[{"subject":"u1","action":"search"}]}`; a batch that comes twice counts once.',
  'GET /guard/feed':
    'Decisions as server-sent events, as they are made; `Last-Event-ID` resumes. For applications.',
  'GET /guard/check': 'The verdict on the subject `id` of `scope` (`user`), for scripts and other languages.',
  'GET /guard/forward-auth':
    'Whether a reverse proxy may let a request through ([enforcement](guard/enforcement.md)); `header`, `scope`, `address`, `depth` and `deny` say how it asks.',
  'GET /guard/appeal/:token':
    'The page on which somebody who was refused asks for a review; decides nothing.',
  'POST /guard/appeal/:token': 'Takes the words of that form, once.',
  'GET /v1/decisions/stream':
    "CrowdSec's local API: what changed for this bouncer; everything with `startup=true`.",
  'HEAD /v1/decisions/stream': 'The same, for trying a key.',
  'GET /v1/decisions':
    "CrowdSec's local API: decisions about an `ip`, a `range`, a `value`, or of some `scopes`; null when there are none.",
  'HEAD /v1/decisions': 'The same, for trying a key.',
  'POST /v1/usage-metrics': "CrowdSec's local API: what a bouncer counted; taken and passed over.",
  'POST /api/vedette/privacy/export': 'Everything kept about subjects, for a person who asks for it.',
  'POST /api/vedette/privacy/erase': 'Removes everything kept about subjects, and says how much it was.',
  'GET /api/vedette/guard/decisions':
    'Decisions of the guard, the newest first; `scope` with `subject`, `policy`, `live` and `limit` choose.',
  'POST /api/vedette/guard/decisions': 'A ban by a person.',
  'GET /api/vedette/guard/decisions/:id': 'One decision with its evidence and what became of it.',
  'POST /api/vedette/guard/decisions/:id/lift': 'Ends a decision.',
  'POST /api/vedette/guard/decisions/:id/extend': 'Gives a decision another end.',
  'POST /api/vedette/guard/decisions/:id/permanent': 'Makes a decision hold until a person lifts it.',
  'POST /api/vedette/guard/decisions/:id/approve': 'Says that a decision was right.',
  'POST /api/vedette/guard/decisions/:id/appeal': 'A link for the subject, by which it asks for a review.',
  'POST /api/vedette/guard/backtest':
    'Whom policies would have refused, judged over stored actions ([backtest](guard/backtest.md)).',
  'GET /api/vedette/guard/subjects':
    'Who is near a threshold of a policy right now, counted exactly; viewers get pseudonyms.',
  'GET /api/vedette/guard/reviews': 'Decisions that wait for a person.',
  'GET /api/vedette/guard/policies': 'Policies with their modes, counts and precision.',
  'POST /api/vedette/guard/policies/:name/mode': 'Puts a policy into another mode.',
  'GET /runbooks/:name': 'A runbook as Markdown.',
  'GET /api/live': 'WebSocket with live values and query results, protocol `vedette.live.v1`.',
  'GET /api/vedette/push/key': 'The public key that browsers subscribe to notifications with.',
  'POST /api/vedette/push/subscriptions': 'Turns notifications on for a device.',
  'DELETE /api/vedette/push/subscriptions': 'Turns them off.',
  'POST /api/vedette/push/test': 'Sends a test to a device.',
  'POST /api/vedette/alerts/acknowledge':
    'Silences the alerts of a notification for an hour, by the key that it carries.',
  'POST /api/live/ticket': 'A ticket that opens one live socket within 30 s, for programs with a token.',
  'GET /api/live/events':
    'The live protocol as server-sent events, where no WebSocket can be had; `c` names the connection.',
  'POST /api/live/messages': 'Messages of a client that follows `/api/live/events`, a JSON array.',
  'GET /api/vedette/session': 'Who is signed in.',
  'POST /api/vedette/session': 'Signs in: exchanges a token, or name and password, for a cookie.',
  'DELETE /api/vedette/session': 'Signs out.',
  'POST /api/vedette/setup': 'Makes the first administrator, with the key of the one-time link.',
  'GET /api/vedette/accounts': 'The accounts ([accounts](accounts.md)).',
  'POST /api/vedette/accounts': 'Adds an account with name, role and password.',
  'PUT /api/vedette/accounts/:name': 'Changes role or password, disables or enables.',
  'DELETE /api/vedette/accounts/:name': 'Removes an account.',
  'POST /api/vedette/account/password': "Changes one's own password; other sessions end.",
  'GET /api/vedette/tokens': 'The API tokens, without their secrets.',
  'POST /api/vedette/tokens': 'Makes an API token; the answer is the only place with its secret.',
  'DELETE /api/vedette/tokens/:id': 'Revokes a token at once.',
  'GET /api/vedette/audit':
    'Who changed what, the newest first; `actor` and `action` choose, `limit` and `before` page.',
  'GET /': 'The overview page.',
  'GET /explore': 'The page for queries.',
  'GET /alerts': 'The page of alerts and rules; messages of Prometheus link here.',
  'GET /alerts/silences/:id': 'The page of one silence, or of a new one.',
  'GET /targets': 'The page of scrape targets.',
  'GET /runbook/:name': 'The page of one runbook.',
  'GET /index.html': 'The overview page by its file name.',
  'GET /assets/*': 'Scripts and styles of the pages.',
  'GET /graph': 'Links of Prometheus to a graph; leads to the page for queries.',
  'POST /v1/metrics': 'OTLP metrics over HTTP, protobuf or JSON ([guide](guides/opentelemetry.md)).',
  'POST /api/v1/otlp/v1/metrics': "The same at Prometheus' path.",
  'GET /api/vedette/dashboards': 'Shipped and stored [dashboards](dashboards.md), by title.',
  'POST /api/vedette/dashboards': 'Stores a new dashboard; under a new uid when its own is taken or missing.',
  'GET /api/vedette/dashboards/:uid': 'A dashboard with its JSON; `version` asks for an earlier one.',
  'PUT /api/vedette/dashboards/:uid':
    'Stores the next version; 409 with the newest when `ifVersion` is not that.',
  'DELETE /api/vedette/dashboards/:uid': 'Removes what is stored: a shipped dashboard is as its file again.',
  'GET /api/vedette/dashboards/:uid/versions': 'Who changed a dashboard when, the newest first.',
  'GET /api/v2/status': "Alertmanager's API v2: the configuration in use, version and start.",
  'GET /api/v2/receivers': 'Names of the receivers.',
  'GET /api/v2/alerts':
    'Alerts with what silences or inhibits them; `filter`, `receiver`, `active`, `silenced`, `inhibited`, `unprocessed` choose.',
  'POST /api/v2/alerts': 'Takes alerts, as Prometheus and amtool send them.',
  'GET /api/v2/alerts/groups': 'The same by group and receiver.',
  'GET /api/v2/silences': 'Silences; `filter` chooses by their matchers.',
  'POST /api/v2/silences': 'Makes or changes a silence.',
  'GET /api/v2/silence/:id': 'One silence.',
  'DELETE /api/v2/silence/:id': 'Ends a silence now.',
};
