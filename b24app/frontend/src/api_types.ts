/** Types of what /api answers. Made from the routes by `make docs`. */

export interface Account {
  account: string
}

export interface Actions {
  projects: string[]
  branch: string
}

export interface AlertSummary {
  id: string
  project: string
  branch: string
  stage: string
  state: string
  severity: string
  failures: number
  opened_at: string
  failed_at: string
  ended_at: string | null
  pipeline_url: string
  acknowledged_by: string
  acknowledged_at: string | null
  assigned_to: number | null
  assigned_name: string
  task_id: number | null
}

export interface Alerts {
  alerts: AlertSummary[]
  recovery: RecoverySummary[]
}

export interface Assignment {
  user_id?: number | null
}

export interface BegunSignIn {
  id: number
  ticket: string
  window: string
  seconds: number
}

export interface Card {
  real: boolean
  lines: string[]
}

export interface Column {
  id: number
  title: string
  type: string | null
}

export interface Columns {
  columns: Column[]
}

export interface Connection {
  name: string
  kind: string
  base_url: string
  state: string
  account: Record<string, unknown>
  state_reason: string
}

export interface ConnectionSettings {
  name: string
  kind: string
  base_url: string
  state: string
  account: string
  state_reason: string
  scopes: string[]
  days_left: number | null
  signed: boolean
  projects: string[]
  groups: string[]
  sign_in: SignInState
  hooks: HookState[]
  last_delivery: string | null
}

export interface Connections {
  connections: Connection[]
}

export interface Consent {
  url: string
}

export interface Created {
  name: string
  url: string
}

export interface Decision {
  field: string
  winner: 'tracker' | 'portal'
}

export interface DeployedVersion {
  project: string
  environment: string
  tier: string
  version: string
  url: string
  at: string
}

export interface DevelopedTask {
  id: number
  title: string
  step: string | null
  unknown: boolean
}

export interface Development {
  task: DevelopedTask
  merge_requests: MergeRequestSummary[]
  pipelines: PipelineRow[]
  environments: EnvironmentRow[]
  alerts: AlertSummary[]
  reasons: Reason[]
}

export interface Disconnected {
  revoked: boolean
}

export interface Dispute {
  field: string
  tracker: string
  portal: string
  decided: string
}

export interface DocumentText {
  text: string
  base: string
  base_text?: string
}

export interface EntryKey {
  kind: 'text' | 'choice'
  label: string
  options?: FieldOption[]
  source?: string
}

export interface EnvironmentRow {
  name: string
  project: string
  tier: string
  inside: boolean
  state: string
  url: string
  version: string
  at: string | null
}

export interface FailedItem {
  kind: string
  id: string
}

export interface FailedWork {
  kind: string
  id: string
  action: string
  about: string
  text: string
  at: string | null
  of: string
  place: string
  subject_key: string
}

export interface Failure {
  kind: string
  id: string
  action: string
  about: string
  text: string
  at: string | null
  of: string
  place: string
  subject_key: string
  name: string
}

export interface Failures {
  failures: FailedWork[]
}

export interface FieldNode {
  key: string
  path: string
  kind: 'group' | 'list' | 'map' | 'choices' | 'choice' | 'number' | 'text' | 'area' | 'date' | 'reference' | 'secret'
  label: string
  hint: string
  required: boolean
  default: unknown
  unset: boolean
  options?: FieldOption[]
  open?: boolean
  fields?: FieldNode[]
  item?: FieldNode
  entry_key?: EntryKey
  source?: string
  min?: number | null
  max?: number | null
  step?: number | 'any'
  readonly?: boolean
}

export interface FieldOption {
  value: string | boolean | number
  label: string
}

export interface FieldState {
  field: string
  tracker: string
  portal: string
  state: string
}

export interface Fields {
  fields: FieldNode[]
}

export interface Filters {
  projects: ProjectRow[]
  groups: GroupRow[]
}

export interface Finished {
  state: string
}

export interface FlowHours {
  people: Hours[]
  tasks: HoursOfTask[]
  whole: boolean
}

export interface Gap {
  connection: string
  target: string
  failed: number
  made_up: number
  at: string
}

export interface GitLabApplication {
  url: string
  client_id: string
  client_secret: string
}

export interface GroupRow {
  id: number
  name: string
}

export interface HaltedPair {
  connection: string
  pair: string
  text: string
}

export interface Health {
  ok: boolean
  checks: HealthCheck[]
  missed: Gap[]
  at: string
}

export interface HealthCheck {
  subject: string
  name: string
  ok: boolean
  urgent: boolean
  place: string
  what: string
  why: string
  change: string
  since: string | null
}

export interface History {
  running: boolean
  projects: ProjectHistory[]
  problems: string[]
  started?: boolean
}

export interface HookOutcome {
  target: string
  ok: boolean
  text: string
}

export interface HookOutcomes {
  outcomes: HookOutcome[]
}

export interface HookState {
  target: string
  ok: boolean
  text: string
  change: string
  failed: number
  made_up: number
}

export interface Hours {
  person: string
  seconds: Record<string, number>
}

export interface HoursOfTask {
  id: number
  title: string
  seconds: number
}

export interface InstallationEnd {
  failed?: string[]
}

export interface IssueName {
  issue: string
}

export interface Item {
  kind: 'merge_request' | 'deployment'
  title: string
  url: string
  project: string
  at: string | null
  seconds: number | null
  remedy: string
  remedy_url: string
}

export interface Items {
  items: Item[]
  total: number
  page: number
  pages: number
  is_being_read: boolean
}

export interface Link {
  key: string
  task_id: number
  task_title: string
  issue: string
  issue_url: string
  tracker: string
  state: string
  reason: string
  at: string | null
  agrees_to_deletion: boolean
  disputes: Dispute[]
  problems: Problem[]
  story: StoryEntry[]
  fields: FieldState[]
}

export interface Links {
  links: Link[]
}

export interface Measure {
  name: string
  unit: string
  value: number | null
  size: number
}

export interface MergeRequestSummary {
  reference: string
  title: string
  url: string
  state: string
  draft: boolean
  approved: boolean
  author: string
  approved_by: string[]
  awaited: string[]
  pipeline: string | null
  pipeline_url: string | null
  branch: string
  updated_at: string
  tasks: NamedTask[]
}

export interface MergeRequests {
  merge_requests: MergeRequestSummary[]
  total: number
  page: number
  pages: number
}

export interface Metrics {
  measures: Measure[]
  weeks: Week[]
  parts: string[]
  remediation_days: number
  from: string
  to: string
  projects: ProjectRow[]
  read_at: string
  is_overdue: boolean
  is_being_read: boolean
}

export interface NamedTask {
  id: number
  kind: string
  title: string
  unknown: boolean
}

export interface NewToken {
  token: string
}

export interface Now {
  reviews: Review[]
  reviews_total: number
  alerts: AlertSummary[]
  environments: DeployedVersion[]
}

export interface OwnAccount {
  connection: string
  url: string
  account: string
  state: 'none' | 'active' | 'ended'
  problem: string
}

export interface OwnAccounts {
  accounts: OwnAccount[]
}

export interface OwnGroup {
  id: number
  name: string
  values: Record<string, unknown>
  version: string
  columns: Proposal[]
}

export interface OwnPatch {
  patch: Record<string, unknown>
  base: string
  check?: boolean
}

export interface OwnRules {
  groups: OwnGroup[]
  fields: FieldNode[]
}

export interface PairName {
  connection: string
  pair: string
}

export interface People {
  people: PersonMatch[]
  users: PortalUser[]
  problems: string[]
}

export interface PersonMatch {
  username: string
  name: string
  user_id: number | null
  by: '' | 'name' | 'email' | 'settings'
}

export interface PipelineAnswer {
  id: number
  url: string
  status: string
  ref: string
  sha: string
  changed: boolean
}

export interface PipelineRow {
  id: number
  branch: string
  project: string
  status: string
  url: string
  updated_at: string
}

export interface PipelineWish {
  project: string
  branch: string
  act: 'run' | 'retry' | 'cancel'
  id?: number
}

export interface PortalState {
  state: string
  reason: string
  worker_alive: boolean
}

export interface PortalUser {
  id: number
  name: string
}

export interface Preview {
  real: boolean
  at: string | null
  lines: string[]
  places: string[]
  quiet_hours: string[]
  held_until: string | null
}

export interface PreviewWish {
  patch: Record<string, unknown>
  kind: string
}

export interface Problem {
  field: string
  text: string
}

export interface ProjectHistory {
  path: string
  done: number
  parts: number
  read: number
  problems: string[]
}

export interface ProjectName {
  project: string
}

export interface ProjectRow {
  path: string
  group: number
}

export interface Proposal {
  value: string | number
  label: string
}

export interface ProposedBranch {
  project: string
  branch: string
}

export interface Reason {
  at: string
  kind: 'move' | 'event' | 'technical'
  text: string
}

export interface RecoverySummary {
  project: string
  branch: string
  count: number
  seconds: number
}

export interface RehearsalLine {
  part: string
  done: number
  total: number
  text: string
  examples: string[]
}

export interface RehearsalWish {
  patch?: Record<string, unknown>
  text?: string
  base?: string
}

export interface Renewal {
  access_token?: string
}

export interface Renewed {
  token: string
  seconds: number
  admin: boolean
}

export interface Replay {
  items: FailedItem[]
}

export interface Replayed {
  replayed: number
}

export interface Retried {
  retried: number
}

export interface Review {
  reference: string
  title: string
  url: string
  people: string[]
  since: string | null
}

export interface Rights {
  rights: TargetRight[]
}

export interface SavedDocument {
  text: string
  base: string
  base_text?: string
  remove?: string[]
}

export interface SettingsChange {
  at: string
  text: string
}

export interface SettingsCheck {
  outcome: 'ok' | 'invalid' | 'unconfirmed' | 'overtaken'
  difference: string[]
  changes: string[]
  removed: string[]
  problems: SettingsProblem[]
  notes: string[]
  current: SettingsText | null
}

export interface SettingsPage {
  text: string
  version: string
  changes: SettingsChange[]
  values: Record<string, unknown>
  undoable: boolean
  connections: ConnectionSettings[]
  last_webhook: string | null
  callback: string
}

export interface SettingsPatch {
  patch: Record<string, unknown>
  base: string
  base_text?: string
  remove?: string[]
  check?: boolean
}

export interface SettingsProblem {
  line: number
  path: string
  text: string
}

export interface SettingsText {
  text: string
  version: string
  changes: SettingsChange[]
  values: Record<string, unknown>
  undoable: boolean
}

export interface SignIn {
  state: 'asked' | 'sent' | 'used' | 'connected' | 'refused' | 'over'
  problem: string
  change: string
}

export interface SignInState {
  available: boolean
  account: string
  state: 'none' | 'active' | 'ended'
}

export interface SignInWish {
  connection: string
  personal?: boolean
}

export interface Status {
  portal: string
  state: string
  reason: string
  connections: Connection[]
  deliveries_waiting: number
  subjects_waiting: number
  commands_waiting: number
  dead: number
  alerts: number
  worker_alive: boolean
  troubled_links: number
  wrong: number
}

export interface StepChoice {
  only?: string[] | null
}

export interface StepLine {
  name: string
  ok: boolean
  text: string
  change: string
}

export interface StoredApplication {
  url: string
}

export interface StoryEntry {
  at: string
  kind: string
  text: string
}

export interface Target {
  path: string
  name: string
  may_hook: boolean | null
}

export interface TargetRight {
  target: string
  ok: boolean
  text: string
  change: string
}

export interface Targets {
  items: Target[]
  more: boolean
}

export interface TaskHours {
  people: Hours[]
}

export interface Tested {
  ok: boolean
  account: string
  problems: string[]
}

export interface Ticket {
  ticket: string
}

export interface Trouble {
  portal: PortalState
  connections: Connection[]
  pairs: HaltedPair[]
  links: Link[]
  failures: Failure[]
}

export interface Undoing {
  base: string
  base_text?: string
  remove?: string[]
}

export interface Week {
  start: string
  deployments: number | null
  failures: number | null
  merged: number | null
  in_progress: number | null
  lead_time: number | null
}

export interface Workgroup {
  id: number
  name: string
}

export interface Workgroups {
  items: Workgroup[]
  next: number | null
  listed: boolean
}
