"""Benchmarks that a person runs: each measures, compares in the same run, and writes its figures.

Here belong measurements of accuracy (`accuracy`, on known truth) and of speed (`estimate`,
`location`, `simulate`, `stage`, `stays`), and what they share: `recording` writes records and
pages, `process` and `timing` read off what work cost, `traffic` makes days of any size, `yardstick`
does the least that a machine must do, `staging` holds what stands beside staging. Nothing that a
pilot needs belongs here: only tests import this package. A benchmark that measured nothing fails.
"""
