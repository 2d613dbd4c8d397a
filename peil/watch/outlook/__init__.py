"""The agency's outlook: what is normal in each zone, what is not, and what the next hours bring.

Computed from released figures alone, with hours that the agency counted before and a file of known
events. Nothing of the operator's is read in here.
"""
