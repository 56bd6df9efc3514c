"""Homework: one source becomes a page, a notebook for students, an archive of tests, and marks.

source.py     reads a source and finds its faults, with their lines
assign.py     writes the student notebook, the autograder archive and the solution notebook
wire.py       how values travel between the grader and a student's process: data, never code
jail.py       starts that process with limits and, where the system allows, in its own namespaces
student.py    what runs there: the student's cells, then answers to the grader's calls
remote.py     the grader's end: stand-ins for a student's functions
grade.py      marks one submission with otter's tests
batch.py      marks a folder of submissions, in parallel, and goes on where it stopped
gradebook.py  results, late days and participation in one table
"""
