"""Answers to the questions of a scheme: read from a form, cleaned for storage, worked out, judged and shown.

An answer is stored as JSON: text as text, a number as a number, money as fen, a date as 2026-07-01, a choice as its code,
choices as a list of codes, a discipline as its code, a person or organisation as a small record, a table as a list of rows.
"""
