echo `#' b24: NOT REPORTED. The shell of this runner is PowerShell (POWERSHELL). What to do: name a runner with sh in the input tags.' <#` >/dev/null
# What another component's inputs are called: no variable of a project may stand in for them.
export B24_REPORT='merge-request, commits'
unset B24_STATUSES B24_ON_OPEN B24_ON_MERGE B24_STAGE_OPEN B24_STAGE_MERGE B24_TASK
unset B24_DEPLOY_JOB B24_ENVIRONMENT B24_ENVIRONMENT_URL B24_ENVIRONMENT_TIER
