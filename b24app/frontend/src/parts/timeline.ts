/** Where each step of a task's work stands: done, under way, wrong, or yet to come. Pure. */
import type { Development } from '../api'

export type StepName = 'branch' | 'requests' | 'pipelines' | 'environments' | 'alerts'
export type StepState = 'done' | 'now' | 'wrong' | 'next'

export interface Branch { name: string; project: string }

const ENDED = ['success', 'skipped', 'canceled']
const FAILED = ['failed', 'rejected']

/** Each branch once, by the project it is in. */
export function branches(development: Development): Branch[] {
  const rows = [
    ...development.merge_requests.map((row) => ({ name: row.branch, project: row.reference.split('!')[0]! })),
    ...development.pipelines.map((row) => ({ name: row.branch, project: row.project })),
  ]
  return rows.filter((row, at) => rows.findIndex(
    (other) => other.name === row.name && other.project === row.project) === at)
}

function stateOfRequests({ merge_requests: requests }: Development): StepState {
  if (!requests.length) return 'next'
  return requests.some((row) => ['opened', 'locked'].includes(row.state)) ? 'now' : 'done'
}

function stateOfPipelines({ pipelines }: Development): StepState {
  if (!pipelines.length) return 'next'
  if (pipelines.some((row) => row.status === 'failed')) return 'wrong'
  return pipelines.every((row) => ENDED.includes(row.status)) ? 'done' : 'now'
}

function stateOfEnvironments({ environments }: Development): StepState {
  if (environments.some((row) => FAILED.includes(row.state))) return 'wrong'
  if (environments.every((row) => !row.inside && !row.state)) return 'next'
  return environments.every((row) => row.inside) ? 'done' : 'now'
}

/** The steps in their order; alerts are one only while there are any. */
export function steps(development: Development): { name: StepName; state: StepState }[] {
  return [
    { name: 'branch', state: branches(development).length ? 'done' : 'next' },
    { name: 'requests', state: stateOfRequests(development) },
    { name: 'pipelines', state: stateOfPipelines(development) },
    { name: 'environments', state: stateOfEnvironments(development) },
    ...(development.alerts.length ? [{ name: 'alerts' as const, state: 'wrong' as const }] : []),
  ]
}
