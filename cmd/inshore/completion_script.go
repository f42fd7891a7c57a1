package main

// completionScripts are the glue of each shell: all of them ask __complete.
func completionScripts() map[string]string {
	return map[string]string{
		"bash": `# bash completion of inshore
_inshore() {
  local IFS=$'\n' words line
  words=("${COMP_WORDS[@]:1:COMP_CWORD}")
  # bash splits words at colons; inshore wants config:get as one
  if declare -F _get_comp_words_by_ref >/dev/null; then
    local cur words_ cword_
    _get_comp_words_by_ref -n : -w words_ -i cword_ cur
    words=("${words_[@]:1:cword_}")
  fi
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("${line%%$'\t'*}")
  done < <(inshore __complete -- "${words[@]}" 2>/dev/null)
  if declare -F __ltrim_colon_completions >/dev/null; then
    __ltrim_colon_completions "${words[-1]}"
  fi
}
complete -o default -F _inshore inshore
`,
		"zsh": `#compdef inshore
_inshore() {
  local -a found
  local line value about
  while IFS= read -r line; do
    value=${line%%$'\t'*}
    about=
    [[ $line == *$'\t'* ]] && about=${line#*$'\t'}
    found+=("${value//:/\\:}${about:+:$about}")
  done < <(inshore __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( $#found )); then
    _describe -V inshore found
  else
    _files
  fi
}
if [ "$funcstack[1]" = _inshore ]; then _inshore; else compdef _inshore inshore; fi
`,
		"fish": `# fish completion of inshore
complete -c inshore -f -a '(inshore __complete -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
`,
		"powershell": `# PowerShell completion of inshore
Register-ArgumentCompleter -Native -CommandName inshore -ScriptBlock {
  param($word, $ast, $cursor)
  $words = @($ast.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })
  if (-not $word) { $words += '' }
  inshore __complete -- @words 2>$null | ForEach-Object {
    $value, $about = $_ -split [char]9, 2
    if (-not $about) { $about = $value }
    [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $about)
  }
}
`,
	}
}
