"""Between the network and any ASGI application of ours: connections, their limits and time-outs, refusals below HTTP's
semantics. Knows nothing of Cierre's contract: the service and the mock stand on it alike.
"""
