#!/bin/sh
# @2bad/bitrix 2.5.1: a command that the portal refuses inside a batch is reported as
# "[object Object]", without the portal's code and words; and a list of more than one page asks for
# its first page twice, once alone and once in the batch, which costs an allowance of two a second.
# Needs node and npm. Fails when this behaviour changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts @2bad/bitrix@2.5.1 >/dev/null
cat >look.cjs <<'SCRIPT'
const http = require("http")
const { default: Bitrix } = require("@2bad/bitrix")

const asked = []
const page = (start) => Array.from({ length: 50 }, (_, number) => ({ ID: String(start + number + 1) }))
const refusal = { error: "ERROR_CORE", error_description: "TASKS_ERROR_EXCEPTION" }
const portal = http.createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, "http://portal")
  const commands = [...searchParams].filter(([name]) => name.startsWith("cmd")).map(([, value]) => value)
  asked.push(...(commands.length ? commands : [`${pathname.split("/").pop()}?start=${searchParams.get("start")}`]))
  let answer = { result: page(0), next: 50, total: 100, time: {} }
  if (commands.length) {
    const isList = commands[0].includes("start=")
    answer = { result: {
      result: isList ? commands.map((_, number) => page(50 * number)) : [],
      result_error: isList ? [] : { close: refusal },
      result_next: [], result_total: isList ? commands.map(() => 100) : [], result_time: [],
    }, time: {} }
  }
  response.setHeader("Content-Type", "application/json")
  response.end(JSON.stringify(answer))
})
portal.listen(0, "127.0.0.1", async () => {
  const client = Bitrix(`http://127.0.0.1:${portal.address().port}/rest/1/key`)
  console.log("@2bad/bitrix", require("@2bad/bitrix/package.json").version)
  const list = await client.list("user.get", {})
  console.log(list.result.length, "rows by", asked.join(", "))
  try {
    await client.batch({ close: { method: "tasks.task.complete", params: { taskId: 5 } } })
  } catch (error) {
    console.log(error.message)
  }
  process.exit(0)
})
SCRIPT
node look.cjs >output
cat output
grep -qxF '100 rows by user.get?start=0, user.get?start=0, user.get?start=50' output
grep -qF '[object Object]' output
! grep -qF 'TASKS_ERROR_EXCEPTION' output
