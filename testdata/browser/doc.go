// Package browser holds the tests that drive the guestbook in a real browser,
// through inshore's router. They are a module of their own so that the browser
// driver stays out of the main one.
//
//	make test-browser
//
// Without a browser on PATH (chromium, google-chrome …, or the program that
// $CHROME names) they are skipped, unless INSHORE_TEST_REQUIRE=browser. INSHORE_BIN
// names the inshore under test. INSHORE_TEST_URL names a guestbook that runs
// already; then none is started. Screenshots go to inshore-screenshots in the
// directory for temporary files.
package browser
