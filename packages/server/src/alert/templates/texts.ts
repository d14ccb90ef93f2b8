/**
 * Our texts for messages, under the names that Alertmanager's configurations call. They use nothing that came
 * after Alertmanager 0.25, so that they run there, too.
 *
 * Building blocks begin with `__vedette`; their names may change. The other names and what they are given (a
 * notification, or for `__text_alert_list` a list of alerts) are a promise to people's own templates.
 */

const NAMES_AND_LINKS = `
{{ define "__alertmanager" }}Vedette{{ end }}
{{ define "__alertmanagerURL" }}{{ .ExternalURL }}/#/alerts?receiver={{ urlquery .Receiver }}{{ end }}

{{ define "__subject" -}}
  [{{ toUpper .Status }}{{ with .Alerts.Firing }}:{{ len . }}{{ end }}]
  {{- range .GroupLabels.SortedPairs }} {{ .Value }}{{ end }}
  {{- with .CommonLabels.Remove .GroupLabels.Names }} ({{ join " " .Values }}){{ end }}
{{- end }}

{{ define "__description" }}{{ or .CommonAnnotations.summary .CommonAnnotations.description }}{{ end }}
`;

// Of each alert: what, why, which one, since when, and where to look.
const ALERTS = `
{{ define "__vedette_name" }}{{ or .Labels.alertname "Alert without a name" }}{{ end }}
{{ define "__vedette_times" -}}
  since {{ .StartsAt.UTC.Format "2006-01-02 15:04:05 MST" }}
  {{- if eq .Status "resolved" }} until {{ .EndsAt.UTC.Format "2006-01-02 15:04:05 MST" }}{{ end }}
{{- end }}

{{ define "__text_alert_list" }}{{ range . }}{{ template "__vedette_name" . }}, {{ template "__vedette_times" . }}
{{ with .Annotations.summary }}  {{ . }}
{{ end }}{{ with .Annotations.description }}  {{ . }}
{{ end }}{{ range (.Labels.Remove (stringSlice "alertname")).SortedPairs }}  {{ .Name }}: {{ .Value }}
{{ end }}{{ range (.Annotations.Remove (stringSlice "summary" "description")).SortedPairs }}  {{ .Name }}: {{ .Value }}
{{ end }}{{ with .GeneratorURL }}  Source: {{ . }}
{{ end }}{{ end }}{{ end }}

{{ define "__text_alert_list_markdown" }}{{ range . }}
**{{ template "__vedette_name" . }}**, {{ template "__vedette_times" . }}
{{ with .Annotations.summary }}
{{ . }}
{{ end }}{{ with .Annotations.description }}
{{ . }}
{{ end }}
{{ range (.Labels.Remove (stringSlice "alertname")).SortedPairs }}- {{ .Name }}: {{ .Value }}
{{ end }}{{ range (.Annotations.Remove (stringSlice "summary" "description")).SortedPairs }}- {{ .Name }}: {{ .Value }}
{{ end }}{{ with .GeneratorURL }}
[Source]({{ . }})
{{ end }}{{ end }}{{ end }}

{{ define "__vedette_text" }}{{ with .Alerts.Firing }}Firing:

{{ template "__text_alert_list" . }}
{{ end }}{{ with .Alerts.Resolved }}Resolved:

{{ template "__text_alert_list" . }}
{{ end }}{{ end }}

{{ define "__vedette_markdown" }}{{ with .Alerts.Firing }}# Firing
{{ template "__text_alert_list_markdown" . }}
{{ end }}{{ with .Alerts.Resolved }}# Resolved
{{ template "__text_alert_list_markdown" . }}
{{ end }}{{ end }}

{{ define "__vedette_color" }}{{ if eq .Status "firing" }}danger{{ else }}good{{ end }}{{ end }}
`;

// Values are not escaped here: the sender sees to that for every template, people's own among them.
const SLACK = `
{{ define "__vedette_slack_alert" -}}
  • *{{ or .Annotations.summary .Labels.alertname "Alert without a name" }}*
  {{- with .Annotations.description }}
{{ . }}{{ end }}
  {{- range (.Labels.Remove (stringSlice "alertname")).SortedPairs }}
{{ .Name }}: {{ .Value }}{{ end }}
{{ end }}
{{ define "slack.default.title" }}{{ template "__subject" . }}{{ end }}
{{ define "slack.default.titlelink" }}{{ template "__alertmanagerURL" . }}{{ end }}
{{ define "slack.default.fallback" }}{{ template "__subject" . }}: {{ template "__alertmanagerURL" . }}{{ end }}
{{ define "slack.default.text" -}}
  {{ with .Alerts.Firing }}*Firing*
{{ range . }}{{ template "__vedette_slack_alert" . }}{{ end }}{{ end }}
  {{- with .Alerts.Resolved }}*Resolved*
{{ range . }}{{ template "__vedette_slack_alert" . }}{{ end }}{{ end }}
{{- end }}
{{ define "slack.default.username" }}{{ template "__alertmanager" . }}{{ end }}
{{ define "slack.default.color" }}{{ template "__vedette_color" . }}{{ end }}
{{ define "slack.default.callbackid" }}{{ end }}
{{ define "slack.default.pretext" }}{{ end }}
{{ define "slack.default.iconemoji" }}{{ end }}
{{ define "slack.default.iconurl" }}{{ end }}
{{ define "slack.default.footer" }}{{ end }}

{{ define "rocketchat.default.title" }}{{ template "__subject" . }}{{ end }}
{{ define "rocketchat.default.titlelink" }}{{ template "__alertmanagerURL" . }}{{ end }}
{{ define "rocketchat.default.alias" }}{{ template "__alertmanager" . }}{{ end }}
{{ define "rocketchat.default.text" }}{{ template "__vedette_text" . }}{{ end }}
{{ define "rocketchat.default.emoji" }}{{ end }}
{{ define "rocketchat.default.iconurl" }}{{ end }}

{{ define "mattermost.default.title" }}{{ template "__subject" . }}{{ end }}
{{ define "mattermost.default.titlelink" }}{{ template "__alertmanagerURL" . }}{{ end }}
{{ define "mattermost.default.fallback" }}{{ template "slack.default.fallback" . }}{{ end }}
{{ define "mattermost.default.text" }}{{ template "__vedette_markdown" . }}{{ end }}
{{ define "mattermost.default.username" }}{{ template "__alertmanager" . }}{{ end }}
{{ define "mattermost.default.color" }}{{ template "__vedette_color" . }}{{ end }}
`;

const CHATS = `
{{ define "discord.default.title" }}{{ template "__subject" . }}{{ end }}
{{ define "discord.default.message" }}{{ template "__vedette_text" . }}{{ end }}
{{ define "discord.default.content" }}{{ end }}
{{ define "telegram.default.message" }}{{ template "__subject" . }}

{{ template "__vedette_text" . }}{{ end }}
{{ define "webex.default.message" }}{{ template "__subject" . }}

{{ template "__vedette_markdown" . }}{{ end }}
{{ define "wechat.default.message" }}{{ template "__subject" . }}

{{ template "__vedette_text" . }}{{ template "__alertmanagerURL" . }}{{ end }}
{{ define "wechat.default.to_user" }}{{ end }}
{{ define "wechat.default.to_party" }}{{ end }}
{{ define "wechat.default.to_tag" }}{{ end }}
{{ define "wechat.default.agent_id" }}{{ end }}
{{ define "msteams.default.summary" }}{{ template "__subject" . }}{{ end }}
{{ define "msteams.default.title" }}{{ template "__subject" . }}{{ end }}
{{ define "msteams.default.text" }}{{ template "__vedette_markdown" . }}{{ end }}
{{ define "msteamsv2.default.title" }}{{ template "__subject" . }}{{ end }}
{{ define "msteamsv2.default.text" }}{{ template "__vedette_markdown" . }}{{ end }}
`;

// A push message is read on a locked screen: what and why; the rest is a click away.
const PUSH = `
{{ define "ntfy.default.title" }}{{ template "__subject" . }}{{ end }}
{{ define "ntfy.default.message" }}{{ range .Alerts }}{{ template "__vedette_name" . }}
  {{- if eq .Status "resolved" }} (resolved){{ end }}
  {{- with or .Annotations.summary .Annotations.description }}: {{ . }}{{ end }}
  {{- with .Labels.instance }} [{{ . }}]{{ end }}
{{ end }}{{ end }}
{{ define "ntfy.default.click" }}{{ template "__alertmanagerURL" . }}{{ end }}
`;

// The link comes first: the end is cut off when there are many alerts. Blank lines, since DingTalk wants them.
const ROBOTS = `
{{ define "__vedette_robot_alert" -}}
  **{{ or .Annotations.summary .Labels.alertname "Alert without a name" }}**, {{ template "__vedette_times" . }}
{{ with .Annotations.description }}
{{ . }}
{{ end }}
{{ range .Labels.SortedPairs }}- {{ .Name }}: {{ .Value }}
{{ end }}{{ with .Annotations.runbook_url }}
[Runbook]({{ . }})
{{ end }}{{ with .GeneratorURL }}
[Source]({{ . }})
{{ end }}
{{ end }}
{{ define "__vedette_robot" -}}
  [View the alerts in {{ template "__alertmanager" . }}]({{ template "__alertmanagerURL" . }})
{{ with .Alerts.Firing }}
**Firing**

{{ range . }}{{ template "__vedette_robot_alert" . }}{{ end }}{{ end }}{{ with .Alerts.Resolved }}
**Resolved**

{{ range . }}{{ template "__vedette_robot_alert" . }}{{ end }}{{ end }}
{{- end }}
{{ define "feishu.default.title" }}{{ template "__subject" . }}{{ end }}
{{ define "feishu.default.text" }}{{ template "__vedette_robot" . }}{{ end }}
{{ define "dingtalk.default.title" }}{{ template "__subject" . }}{{ end }}
{{ define "dingtalk.default.text" }}### {{ template "__subject" . }}

{{ template "__vedette_robot" . }}{{ end }}
`;

// The priority follows the worst severity: of what still fires, or else of what fired.
const DUTY = `
{{ define "pagerduty.default.description" }}{{ template "__subject" . }}{{ end }}
{{ define "pagerduty.default.client" }}{{ template "__alertmanager" . }}{{ end }}
{{ define "pagerduty.default.clientURL" }}{{ template "__alertmanagerURL" . }}{{ end }}
{{ define "pagerduty.default.instances" }}{{ template "__text_alert_list" . }}{{ end }}
{{ define "opsgenie.default.message" }}{{ template "__subject" . }}{{ end }}
{{ define "opsgenie.default.description" }}{{ template "__vedette_text" . }}{{ end }}
{{ define "opsgenie.default.source" }}{{ template "__alertmanagerURL" . }}{{ end }}
{{ define "victorops.default.state_message" }}{{ template "__vedette_text" . }}{{ end }}
{{ define "victorops.default.entity_display_name" }}{{ template "__subject" . }}{{ end }}
{{ define "victorops.default.monitoring_tool" }}{{ template "__alertmanager" . }}{{ end }}
{{ define "pushover.default.title" }}{{ template "__subject" . }}{{ end }}
{{ define "pushover.default.message" }}{{ template "__vedette_text" . }}{{ end }}
{{ define "pushover.default.url" }}{{ template "__alertmanagerURL" . }}{{ end }}
{{ define "sns.default.subject" }}{{ template "__subject" . }}{{ end }}
{{ define "sns.default.message" }}{{ template "__vedette_text" . }}{{ end }}
{{ define "jira.default.summary" }}{{ template "__subject" . }}{{ end }}
{{ define "jira.default.description" }}{{ template "__vedette_markdown" . }}{{ end }}
{{ define "jira.default.priority" -}}
  {{ template "__vedette_priority" (or .Alerts.Firing .Alerts.Resolved) }}
{{- end }}
{{ define "__vedette_priority" -}}
  {{ $critical := false }}{{ $warning := false }}{{ $info := false }}
  {{- range . }}
    {{- if eq .Labels.severity "critical" }}{{ $critical = true }}{{ end }}
    {{- if eq .Labels.severity "warning" }}{{ $warning = true }}{{ end }}
    {{- if eq .Labels.severity "info" }}{{ $info = true }}{{ end }}
  {{- end }}
  {{- if $critical }}High{{ else if $warning }}Medium{{ else if $info }}Low{{ end }}
{{- end }}
`;

export const MESSAGE_TEXTS = [NAMES_AND_LINKS, ALERTS, SLACK, CHATS, ROBOTS, PUSH, DUTY].join('');
