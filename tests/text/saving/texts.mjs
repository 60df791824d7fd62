// Reads a JSON list of texts and writes them back as an editor saves them.
export async function each(save) {
  let given = ""
  for await (const part of process.stdin) given += part
  console.log(JSON.stringify(JSON.parse(given).map(save)))
}

// What editors want of a browser.
export async function browse() {
  const { Window } = await import("happy-dom")
  const window = new Window()
  for (const name of Object.getOwnPropertyNames(window)) {
    if (!(name in globalThis)) {
      try {
        globalThis[name] = window[name]
      } catch {
        // what cannot be read is not wanted
      }
    }
  }
  globalThis.window = window
  return window
}
