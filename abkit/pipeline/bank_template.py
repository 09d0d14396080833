"""The text of the scenario file `bank-1999.toml`; numbers are filled in by `bank_world`."""

from typing import Final

TEMPLATE: Final = """\
# The call centre of an anonymous bank in Israel, February 1999: no bot, one queue of agents.
#
# Fitted to 1 to 14 February by `make bank`; docs/bank-1999.md says how, and what of the second half
# of the month it predicts. Parameters only: the log is not part of abkit. Its source: the
# "Anonymous Bank" call-centre data of I. Guedj and A. Mandelbaum, Technion, free for use if the
# source is named.
#
# Where a number comes from: [fit] estimated from the log; [solved] such that a simulated log, seen
# as the bank's computer saw it, looks like the real one; [A] assumption. What is not marked has no
# effect: everybody asks for an agent at once, nothing is offered, both arms are the same.

name = "{name}"
description = "Call centre of an anonymous bank, fitted to 1-14 February 1999; no bot."

[arrivals]
first_contacts_per_week = {first_contacts} # contacts/week [fit: all calls less the repeats below]
day_factor_cv = {day_factor_cv} # dimensionless, gamma [fit: ten days, Sunday to Thursday]

# Expected first contacts by weekday and hour 0 to 23 [fit: mean calls less expected repeats; Sunday
# to Thursday share their hours, Friday and Saturday have their own]. Left out of the means:
# {outliers}.
[arrivals.hour_weights] # relative
{hours}

# Log-normal [fit: mean of all services; cv = sqrt(exp(s^2) - 1), s = {log_sd} the SD of the
# logarithm of services above {short_s} s; {short} % are no longer than that].
[agents.service] # log-normal
mean_s = {service_mean} # seconds
cv = {service_cv} # dimensionless

# Rate of giving up by time in the queue [fit: abandonments / seconds waited in each step; service
# censors; abandonments: {abandoned}].
[agents.patience] # hazard in steps
law = "hazard"
until_s = [{until_s}] # seconds
per_s = [{per_s}] # 1/s

# Agents by hour [fit: services going on while somebody waits, which is fewer than are logged in].
# In closed hours {closed} [A]: nobody calls then, but repeats may fall there; they are served.
[agents.heads] # by hour of the day
{heads}

[bot] # none
mean_s = 0.0
cv = 0.0

[customers] # shares; without effect where nothing is said
asks_at_once = 1.0 # share: everybody
repeat_if_served = {if_served} # within 24 h [solved: the log identifies only who waited]
repeat_if_abandoned = {if_abandoned} # within 24 h [solved]
repeat_if_silent = 0.0
max_attempts = 99 # contacts per issue; practically never reached [A]
text_rate = 0.0 # nobody types
hardness_slope = 0.0
menu_confusion = 0.0
asks_after_rejecting = 0.0
response_rate = 0.0
positive_if_rejected = 0.0

[repeat_delay] # log-normal, cut to (0, 24 h]
median_h = {median_h} # hours, before the cut [solved: gaps on the same day]
sigma = {sigma} # of the logarithm [solved]

[other_reasons] # without effect
missing = 0.0
quality = 0.0
preference = 0.0
others = 1.0

[resolutions] # without effect
defective = "agent"
missing = "agent"
quality = "agent"
preference = "agent"
others = "agent"

[arms.control] # without effect: nothing is offered, nobody types
policy = "menu"
weight = 1

[arms.treatment]
policy = "menu"
weight = 1

[use_cases.customers] # regular, stock exchange, English (PS, NE, PE): identified if they wait
share = {regular} # of first contacts [fit: of calls]
prevalence = 0.0
menu_error = 0.0
menu_false_claim = 0.0
acceptance = {{ tp = 0.0, fn = 0.0, fp = 0.0, tn = 0.0 }}
positive = {{ tp = 0.0, fn = 0.0, fp = 0.0, tn = 0.0 }}
repeat = {{ tp = 0.0, fn = 0.0, fp = 0.0, tn = 0.0 }}

[use_cases.others] # prospects, internet, call-backs (NW, IN, TT); they repeat like customers [A]
share = {others}
prevalence = 0.0
menu_error = 0.0
menu_false_claim = 0.0
acceptance = {{ tp = 0.0, fn = 0.0, fp = 0.0, tn = 0.0 }}
positive = {{ tp = 0.0, fn = 0.0, fp = 0.0, tn = 0.0 }}
repeat = {{ tp = 0.0, fn = 0.0, fp = 0.0, tn = 0.0 }}
"""
