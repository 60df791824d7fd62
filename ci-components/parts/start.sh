echo `#' b24: NOT REPORTED. The shell of this runner is PowerShell (POWERSHELL). What to do: name a runner with sh in the input tags.' <#` >/dev/null
python3 -I -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null || {
  echo 'b24: NOT REPORTED. There is no python3 of version 3.9 or newer here (NO_PYTHON).'
  exit 1
}
