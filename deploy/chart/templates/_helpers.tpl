{{- define "quarterdeck.name" -}}
{{- printf "%s" .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "quarterdeck.labels" -}}
app.kubernetes.io/name: quarterdeck
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "quarterdeck.selector" -}}
app.kubernetes.io/name: quarterdeck
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "quarterdeck.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* What every pod is allowed: as little as it needs. */}}
{{- define "quarterdeck.pod" -}}
serviceAccountName: {{ include "quarterdeck.name" . }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{- define "quarterdeck.container" -}}
image: {{ include "quarterdeck.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  runAsUser: 10001
  capabilities:
    drop: [ALL]
  seccompProfile:
    type: RuntimeDefault
env:
  - name: QUARTERDECK_CONFIG
    value: /etc/quarterdeck/quarterdeck.yaml
  - name: QUARTERDECK_DATABASE_URL_FILE
    value: /run/secrets/quarterdeck/database/url
{{- if .Values.secrets.sealing }}
  - name: QUARTERDECK_KEY_FILE
    value: /run/secrets/quarterdeck/sealing/key
{{- end }}
  - name: QUARTERDECK_METRICS_TOKEN_FILE
    value: /run/secrets/quarterdeck/metrics/token
{{- if .Values.secrets.proxy }}
  - name: QUARTERDECK_PROXY_SECRET_FILE
    value: /run/secrets/quarterdeck/proxy/secret
{{- end }}
volumeMounts:
  - name: home
    mountPath: /data
  - name: tmp
    mountPath: /tmp
  - name: settings
    mountPath: /etc/quarterdeck
    readOnly: true
  - name: database
    mountPath: /run/secrets/quarterdeck/database
    readOnly: true
  - name: metrics
    mountPath: /run/secrets/quarterdeck/metrics
    readOnly: true
{{- if .Values.secrets.sealing }}
  - name: sealing
    mountPath: /run/secrets/quarterdeck/sealing
    readOnly: true
{{- end }}
{{- if .Values.secrets.proxy }}
  - name: proxy
    mountPath: /run/secrets/quarterdeck/proxy
    readOnly: true
{{- end }}
{{- if .Values.secrets.signIn }}
  - name: sign-in
    mountPath: /srv/quarterdeck/.streamlit
    readOnly: true
{{- end }}
{{- end -}}

{{- define "quarterdeck.volumes" -}}
- name: home
  persistentVolumeClaim:
    claimName: {{ .Values.home.existingClaim | default (printf "%s-home" (include "quarterdeck.name" .)) }}
- name: tmp
  emptyDir:
    sizeLimit: 2Gi
- name: settings
  configMap:
    name: {{ include "quarterdeck.name" . }}
- name: database
  secret:
    secretName: {{ .Values.secrets.database }}
    defaultMode: 0440
- name: metrics
  secret:
    secretName: {{ .Values.secrets.metrics }}
    defaultMode: 0440
{{- if .Values.secrets.sealing }}
- name: sealing
  secret:
    secretName: {{ .Values.secrets.sealing }}
    defaultMode: 0440
{{- end }}
{{- if .Values.secrets.proxy }}
- name: proxy
  secret:
    secretName: {{ .Values.secrets.proxy }}
    defaultMode: 0440
{{- end }}
{{- if .Values.secrets.signIn }}
- name: sign-in
  secret:
    secretName: {{ .Values.secrets.signIn }}
    defaultMode: 0440
{{- end }}
{{- end -}}
