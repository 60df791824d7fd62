/** The portal's frame around this page: there is none when the page is opened by itself. */
import type { B24Frame } from '@bitrix24/b24jssdk'

let opened: Promise<B24Frame | null> | undefined

function frame(): Promise<B24Frame | null> {
  if (window.parent === window) return Promise.resolve(null)
  opened ??= greet().catch(() => null)
  return opened
}

/** The kit of the portal is loaded when the page stands: nothing on it waits for the portal. */
async function greet(): Promise<B24Frame> {
  const { initializeB24Frame } = await import('@bitrix24/b24jssdk')
  return initializeB24Frame()
}

/**
 * Tells the portal that the installation is over; it then opens the application by itself.
 * False where nobody waits for that: the page is not in a frame, or is the application already.
 */
export async function installFinish(): Promise<boolean> {
  const found = await frame()
  if (found === null || !found.isInstallMode) return false
  await found.installFinish()
  return true
}

/** Opens a task in the portal's own slider. */
export async function openTask(id: number): Promise<void> {
  const found = await frame()
  const path = `/company/personal/user/0/tasks/task/view/${id}/`
  if (found === null) return
  await found.slider.openPath(found.slider.getUrl(path))
}

/** A fresh access token of whoever looks at the page; empty outside of the portal. */
export async function accessToken(): Promise<string> {
  const found = await frame()
  const auth = await found?.auth.refreshAuth().catch(() => null)
  return auth?.access_token ?? ''
}

/** Opens the page anew: by the portal, as only it can prove who looks at it. */
export async function reload(): Promise<void> {
  const found = await frame()
  if (found === null) location.reload()
  else await found.parent.reloadWindow()
}

/** Makes the frame as high as the page.
 *
 * The portal's own measure is never less than the frame: one that is too high is first made as
 * high as the page, in the width it has, and gets its whole width again by the second call.
 */
export async function fit(page: HTMLElement): Promise<void> {
  const found = await frame()
  if (page.offsetHeight > 0 && page.offsetHeight < window.innerHeight) {
    await found?.parent.resizeWindow(window.innerWidth, page.offsetHeight)
  }
  await found?.parent.fitWindow()
}
