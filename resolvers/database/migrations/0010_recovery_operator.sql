-- Recovery rates are asked for by the plant's operator.
create index recovery_batch_operator on battery.recovery_batch (operator, id)
