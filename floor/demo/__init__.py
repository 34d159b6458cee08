"""The demo company: three warehouses, their goods, people and orders, all made by our own code from one seed.

Nobody here exists: names are drawn from syllables, phone numbers from a block of zeros, house numbers from dice.
"""
