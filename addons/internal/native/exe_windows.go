package native

const exeSuffix = ".exe"
