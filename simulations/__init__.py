"""The world: customers and their language, arrivals, bot policies, agents, annotators.

A replication is made in this order, each step a file:

1. `scenario`, `staffing`, `policies`, `scenario_files`, `scenarios/*.toml`: what is given,
   validated; `workload` refuses agents who can never do the work.
2. `arrivals`, `customers`, `designs`: when first contacts start; each customer's use-case, reason,
   hardness and arm.
3. `conversation`, `supply`: menu, text, score, offer, answer, way out, for all customers at once;
   `issues` repeats this attempt by attempt. Whatever depends on the queue is drawn for both ways
   out of it, so that nothing has to be drawn later.
4. `agents`: the queue in SimPy, the only shared state; `backlog`: who waits in it from the start.
5. `issues` (times) and `contact_log`: the table of `abkit.core.contacts`.

`world` joins the steps. `draws` gives every uniform its key, `durations` and `patience` turn
uniforms into times. `closed_form` says what must come out with unlimited agents, `annotators` label
sampled contacts.

Scenarios are fitted by `fit_targets`, `fit_parameters`, `fit_moments`, `fit_cells` (given effects),
`fit_calls` (a call log) and `fit_log_*` (a control log). What must hold is said by
`queueing_theory`, `sample_path` (the queue without events) and `retraced` (a log's own draws).
"""

if __name__ != "abkit.simulations":
    raise ImportError(
        f"this folder is the package `abkit.simulations`, it was imported as `{__name__}`"
    )
