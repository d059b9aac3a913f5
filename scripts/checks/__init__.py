"""Outside judges of the service: conformance suites and the programmes that people open it with."""
