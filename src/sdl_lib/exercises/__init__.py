"""Checkers of the exercises: each looks at an answer and says "right", or gives a hint."""
