/**
 * The mail: a page that a screen reader can walk through (language, headings, lists of terms, links that say
 * where they lead), plain enough for every mail program, and the same as plain text.
 */

// Styles stand at the elements: many mail programs drop style sheets. Colours have a contrast of 4.5 : 1 or more.
const HTML = `
{{ define "email.default.subject" }}{{ template "__subject" . }}{{ end }}
{{ define "email.default.html" }}<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{{ template "__subject" . }}</title>
</head>
<body style="margin: 0; padding: 16px; font-family: system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif; font-size: 16px; line-height: 1.5;">
<div role="article" aria-label="{{ template "__subject" . }}" style="max-width: 640px; margin: 0 auto;">
<h1 style="font-size: 20px; margin: 0 0 8px;">{{ template "__subject" . }}</h1>
{{ with .CommonAnnotations.summary }}<p style="margin: 0 0 8px;">{{ . }}</p>
{{ end }}<p style="margin: 0 0 16px;"><a href="{{ template "__alertmanagerURL" . }}">View the alerts in {{ template "__alertmanager" . }}</a></p>
{{ $page := .ExternalURL }}{{ with .Alerts.Firing }}<h2 style="font-size: 18px; margin: 16px 0 8px; border-left: 6px solid #b3261e; padding-left: 8px;">{{ len . }} firing</h2>
{{ range . }}{{ template "__vedette_mail_alert" . }}<p style="margin: 0 0 16px;"><a href="{{ $page }}/#/silences/new?filter=%7B{{ range $i, $label := .Labels.SortedPairs }}{{ if $i }}%2C{{ end }}{{ $label.Name }}%3D{{ printf "%q" $label.Value }}{{ end }}%7D">Silence {{ template "__vedette_name" . }}</a></p>
{{ end }}{{ end }}{{ with .Alerts.Resolved }}<h2 style="font-size: 18px; margin: 16px 0 8px; border-left: 6px solid #1e7a34; padding-left: 8px;">{{ len . }} resolved</h2>
{{ range . }}{{ template "__vedette_mail_alert" . }}{{ end }}{{ end }}<p style="font-size: 14px; margin: 24px 0 0; border-top: 1px solid #767676; padding-top: 8px;">Sent by <a href="{{ .ExternalURL }}">{{ template "__alertmanager" . }}</a></p>
</div>
</body>
</html>
{{ end }}
`;

const HTML_ALERT = `
{{ define "__vedette_mail_alert" }}<h3 style="font-size: 16px; margin: 12px 0 4px;">{{ template "__vedette_name" . }}</h3>
<p style="margin: 0 0 4px; font-size: 14px;">{{ template "__vedette_times" . }}</p>
{{ with .Annotations.summary }}<p style="margin: 0 0 4px;">{{ . }}</p>
{{ end }}{{ with .Annotations.description }}<p style="margin: 0 0 4px;">{{ . }}</p>
{{ end }}<dl style="margin: 0 0 4px; font-size: 14px;">
{{ range (.Labels.Remove (stringSlice "alertname")).SortedPairs }}<dt style="font-weight: bold;">{{ .Name }}</dt><dd style="margin: 0 0 4px 16px;">{{ .Value }}</dd>
{{ end }}{{ range (.Annotations.Remove (stringSlice "summary" "description" "runbook_url" "dashboard_url")).SortedPairs }}<dt style="font-weight: bold;">{{ .Name }}</dt><dd style="margin: 0 0 4px 16px;">{{ .Value }}</dd>
{{ end }}</dl>
<p style="margin: 0 0 8px;">{{ with .Annotations.runbook_url }}<a href="{{ . }}">Runbook</a> {{ end }}{{ with .Annotations.dashboard_url }}<a href="{{ . }}">Dashboard</a> {{ end }}{{ with .GeneratorURL }}<a href="{{ . }}">Source</a>{{ end }}</p>
{{ end }}
`;

const TEXT = `
{{ define "email.default.text" }}{{ template "__subject" . }}

{{ template "__vedette_text" . }}View the alerts: {{ template "__alertmanagerURL" . }}
{{ end }}
`;

export const MAIL_TEXTS = HTML + HTML_ALERT + TEXT;
