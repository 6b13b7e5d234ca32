"""What whoever runs Quarterdeck looks at: probes, figures, log lines, traces, and the examination of it all."""
