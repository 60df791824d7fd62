/** What people do from a task, and the hours that were logged for it. */
import { call } from './api'
import type { Actions, Created, Hours, PipelineAnswer } from './api_types'

export type {
  Actions,
  Created,
  Hours,
} from './api_types'

export type PipelineAct = 'run' | 'retry' | 'cancel'

export const taskApi = {
  hours: (task: number) => call<{ people: Hours[] }>('GET', `task/${task}/hours`),
  actions: (task: number) => call<Actions>('GET', `task/${task}/actions`),
  createBranch: (task: number, project: string) =>
    call<Created>('POST', `task/${task}/branch`, { project }),
  propose: (task: number, project: string, branch: string) =>
    call<Created>('POST', `task/${task}/merge-request`, { project, branch }),
  pipeline: (task: number, act: PipelineAct, project: string, branch: string, id = 0) =>
    call<PipelineAnswer>('POST', `task/${task}/pipeline`, { act, project, branch, id }),
  replay: (task: number) => call<{ replayed: number }>('POST', `task/${task}/replay`, {}),
}
