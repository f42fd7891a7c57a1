// Notes.
package main

func main() {}
