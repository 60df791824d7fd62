echo `#' b24: NOT REPORTED. The shell of this runner is PowerShell. What to do: name a runner with sh in the input tags.' <#` >/dev/null
python3 -I -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null || {
  echo 'b24: NOT REPORTED. The image has no python3 of version 3.9 or newer. Usual reason: the'
  echo 'input image names another. What to do: leave it out, or name one that has it.'
  exit 1
}
