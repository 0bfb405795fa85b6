"""The report of a fit: one page of HTML that needs nothing else."""

from dendrax.report._check import agreement as agreement
from dendrax.report._check import number as number
from dendrax.report._report import page as page
from dendrax.report._report import write_report as write_report
