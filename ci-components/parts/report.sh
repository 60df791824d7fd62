# Tells Bitrix24 of a deployment, for an after_script: needs sh and curl or wget, nothing else.
# All text from outside travels percent-encoded; tracing is off, so the webhook is never printed.
{ set +x; } 2>/dev/null
b24_text() { # one line, brackets made inert by an invisible joiner, at most 200 characters
  printf '%s' "$1" | tr -s '\000-\037\177' ' ' | cut -c 1-200 |
    sed -e "s/\\[/[$(printf '\342\201\240')/g" -e "s/\\\$result/\\\$$(printf '\342\201\240')result/g"
}
b24_url() { # an address: the characters of markup encoded
  b24_text "$1" | sed -e 's/ /%20/g' -e 's/\[/%5B/g' -e 's/\]/%5D/g'
}
b24_place() { # a name within an address: as it is where that is safe
  case "$1" in *[!A-Za-z0-9_.~-]*) b24_encode "$1" ;; *) printf '%s' "$1" ;; esac
}
b24_encode() { # every byte as %xx
  printf '%s' "$1" | od -An -v -tx1 | tr -d '\n' | tr ' ' '%'
}
b24_tasks() { # ids, each once; "see B24-5" is not told apart from B24-5
  printf '%s\n' "${CI_MERGE_REQUEST_SOURCE_BRANCH_NAME:-}" "${CI_COMMIT_REF_NAME:-}" \
    "${CI_MERGE_REQUEST_TITLE:-}" "${CI_COMMIT_MESSAGE:-}" |
    grep -Eoi "(^|[^[:alnum:]@])$b24_prefix-[1-9][[:alnum:]]*([.][0-9]+|@[[:alnum:]]+)?" |
    grep -Eo -e '-[1-9][0-9]{0,9}$' | tr -d '-' | sort -u | head -n 20
}
b24_post() { # the address is no argument of a process, except for the wget of BusyBox
  b24_limit=''
  ! command -v timeout >/dev/null 2>&1 || b24_limit='timeout 10'
  if command -v curl >/dev/null 2>&1; then
    printf 'url = "%s/batch.json"\n' "$b24_hook" | curl -sS -m 10 -K - \
      -H 'Content-Type: application/json' --data-binary "@$b24_body" 2>"$b24_log"
  elif wget --version >/dev/null 2>&1; then
    printf '%s/batch.json\n' "$b24_hook" | LC_ALL=C $b24_limit wget -nv -O - -t 1 -i - \
      --header 'Content-Type: application/json' --post-file "$b24_body" 2>"$b24_log"
  else
    $b24_limit wget -q -O - --header 'Content-Type: application/json' \
      --post-data "$(cat "$b24_body")" "$b24_hook/batch.json" 2>"$b24_log"
  fi
}
b24_commands() { # two for each task: the comment, and the field
  b24_comma=''
  for b24_id in $b24_ids; do
    printf '%s"c%s":"task.commentitem.add?TASKID=%s&FIELDS%%5BPOST_MESSAGE%%5D=%s"' \
      "$b24_comma" "$b24_id" "$b24_id" "$(b24_encode "$b24_message")"
    b24_comma=','
    [ "$b24_field" = - ] || [ -z "$b24_value" ] ||
      printf ',"f%s":"tasks.task.update?taskId=%s&fields%%5B%s%%5D=%s"' \
        "$b24_id" "$b24_id" "$b24_field" "$b24_value"
  done
}
b24_report() {
  case "$b24_hook" in http*/rest/[0-9]*/*) ;; *)
    echo "b24: NOT REPORTED. The variable $b24_variable is empty or holds no webhook address."
    echo 'Usual reason: it was never created, or it is protected and this ref is not.'
    echo 'What to do: save the URL of an inbound webhook of Bitrix24 as a masked CI/CD variable.'
    return 0 ;;
  esac
  b24_ids=$(b24_tasks)
  [ -n "$b24_ids" ] || { echo 'b24: no task is named: nothing is reported'; return 0; }
  command -v curl >/dev/null 2>&1 || command -v wget >/dev/null 2>&1 || {
    echo 'b24: NOT REPORTED. The image of this job has neither curl nor wget.'
    echo 'What to do: add one of them to it, or include the component deployment instead.'
    return 0
  }
  [ "$b24_environment" != - ] || b24_environment=${CI_JOB_NAME:-}
  b24_where=${CI_ENVIRONMENT_NAME:-$b24_environment}
  case "$b24_language/${CI_JOB_STATUS:-unknown}" in
    ru/success) b24_said='Развёрнуто:' ;;
    ru/failed) b24_said='Ошибка развёртывания:' ;;
    ru/canceled) b24_said='Развёртывание отменено:' ;;
    ru/*) b24_said='Развёртывание, результат неизвестен:' ;;
    */success) b24_said='Deployed to' ;;
    */failed) b24_said='Deployment failed:' ;;
    */canceled) b24_said='Deployment canceled:' ;;
    *) b24_said='Deployment, the result is not known:' ;;
  esac
  case "${CI_JOB_STATUS:-unknown}" in # as the app has it; the pipeline's end puts it right
    success) b24_value=passed ;;
    failed | canceled) b24_value=$CI_JOB_STATUS ;;
    *) b24_value='' ;;
  esac
  b24_named=$(b24_text "$b24_where")
  b24_message="[b][url=$(b24_url "${CI_PROJECT_URL:-}")/-/environments?search=$(b24_place "$b24_where")]$b24_named[/url][/b]
CI: [url=$(b24_url "${CI_JOB_URL:-}")]#${CI_PIPELINE_ID:-}[/url] $b24_said $(b24_url "${CI_ENVIRONMENT_URL:-$b24_where}")"
  b24_body=$(mktemp) && b24_log=$(mktemp) || return 0
  printf '{"halt":0,"cmd":{%s}}' "$(b24_commands)" >"$b24_body"
  b24_answer=$(b24_post | tr -d ' \n')
  ! grep -qi certificat "$b24_log" || b24_answer=${b24_answer:-certificate}
  rm -f "$b24_body" "$b24_log"
  case "$b24_answer" in
    *'"result_error":[]'*) echo "b24: reported to the tasks" $b24_ids ;;
    *'"result_error":{'*)
      echo "b24: not done: Bitrix24 refused a part of the report to the tasks" $b24_ids
      echo "Usual reason: the webhook lacks the permission task, or its owner does not see a task."
      echo 'What to do: add the permission, or let the owner of the webhook see the task.' ;;
    certificate)
      echo 'b24: NOT REPORTED. The certificate of Bitrix24 is not trusted in the image of this job.'
      echo 'Usual reason: the image has no ca-certificates, or a proxy signs by its own authority.'
      echo 'What to do: add ca-certificates, or the certificate of that authority, to the image.' ;;
    *)
      echo 'b24: NOT REPORTED. Bitrix24 does not answer, or does not accept the webhook.'
      echo 'Usual reason: it is down, the runner has no way to it, or the webhook was deleted.'
      echo "What to do: retry the job later, or put a new webhook's URL into $b24_variable." ;;
  esac
}
case "$b24_hook" in /*) b24_hook=$(cat "$b24_hook") ;; esac # a file of `secrets:`
b24_hook=${b24_hook%/}
b24_report || true
