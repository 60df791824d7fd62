echo `#' b24: NOT REPORTED. The shell of this runner is PowerShell (POWERSHELL). What to do: name a runner with sh in the input tags.' <#` >/dev/null
