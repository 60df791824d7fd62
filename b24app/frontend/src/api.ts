/** Our own server: typed calls with the page token, and errors people can read. */
import { config } from './config'
import { session } from './session'
import { text } from './texts'
import type { AlertSummary as Alert, Development, Renewed, Status, StepLine as StepResult, Tested } from './api_types'

export type {
  AlertSummary as Alert,
  Connection,
  Development,
  MergeRequestSummary as MergeRequest,
  NamedTask,
  Reason,
  Renewed,
  Status,
  StepLine as StepResult,
  Tested,
} from './api_types'

/** An answer that is an error: what happened, what to change, and whether this page is over. */
export class Failed extends Error {
  constructor(
    message: string,
    readonly change: string,
    readonly requestId: string,
    readonly over = false,
  ) {
    super(message)
  }
}

function unreachable(): never {
  throw new Failed(text.unreachable, text.tryAgainLater, '')
}

async function send(method: string, path: string, body?: unknown): Promise<Response> {
  const request = {
    method,
    headers: {
      Authorization: `Bearer ${session.token}`,
      'Content-Type': 'application/json',
      'Accept-Language': config.language,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  }
  const response = await fetch(`/api/${path}`, request).catch(unreachable)
  if (response.ok) return response
  const error = (await response.json().catch(() => null))?.error ?? {}
  const over = error.code === 'page_over'
  throw new Failed(error.text ?? text.broken, error.change ?? '', error.request_id ?? '', over)
}

export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await (await send(method, path, body)).json().catch(() => null)
  if (answer === null) throw new Failed(text.broken, '', '')
  return answer as T
}

/** The answer as a file. */
export const download = async (path: string): Promise<Blob> => (await send('POST', path, {})).blob()

/** The answer line by line, as the server gets on with the work. */
export async function* lines<T>(path: string, body: unknown): AsyncGenerator<T> {
  const reader = (await send('POST', path, body)).body!
    .pipeThrough(new TextDecoderStream())
    .getReader()
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read().catch(unreachable)
    const parts = (rest + (value ?? '')).split('\n')
    rest = parts.pop() ?? ''
    for (const line of parts) yield JSON.parse(line) as T
    if (done) return
  }
}

export const api = {
  install: (only: string[]) => lines<StepResult>('install/run', { only }),
  finish: (failed: string[]) => call<{ state: string }>('POST', 'install/finish', { failed }),
  renew: (accessToken: string) =>
    call<Renewed>('POST', 'renew', { access_token: accessToken }),
  status: () => call<Status>('GET', 'status'),
  alerts: () => call<{ alerts: Alert[] }>('GET', 'alerts'),
  acknowledge: (id: string) => call('POST', `alerts/${encodeURIComponent(id)}/ack`, {}),
  takeOver: (id: string) => call('POST', `alerts/${encodeURIComponent(id)}/assign`, {}),
  replay: (items: { kind: string; id: string }[]) =>
    call<{ replayed: number }>('POST', 'replay', { items }),
  test: (name: string) => call<Tested>('POST', `connections/${encodeURIComponent(name)}/test`, {}),
  development: (task: number) => call<Development>('GET', `task/${task}/development`),
}
