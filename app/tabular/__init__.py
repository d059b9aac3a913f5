"""Any messy list → rows: encoding, sheet, header, columns, values, judgement, and the user's own workbook back.

Pure: no database, no network, no settings. Whatever reads a file somebody sent runs in the child process of `sandbox`.
"""
