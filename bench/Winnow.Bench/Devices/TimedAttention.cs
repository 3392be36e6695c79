using Winnow.Kernels;
using Winnow.Kernels.Attention;
using Winnow.Kernels.Cache;

namespace Winnow.Bench.Devices;

/// <summary>Times attention. Where signals are wanted it runs twice, without and with, and their difference is what signals cost.</summary>
/// <param name="device">Whose times they are.</param>
/// <param name="inner">What attends.</param>
internal sealed class TimedAttention(TimedDevice device, IAttention inner) : IAttention
{
    public void Forward(Tensor output, Tensor queries, in PagedKv cache, in RaggedBatch batch, in AttentionArguments arguments)
    {
        StepTimes times = device.Times;
        if (arguments.Signals == default)
        {
            times.Attention += Time(output, queries, cache, batch, arguments);
            return;
        }

        AttentionArguments plain = arguments with { Signals = default };
        long before = times.SignalsLast ? Time(output, queries, cache, batch, plain) : 0;
        long with = Time(output, queries, cache, batch, arguments);
        long without = times.SignalsLast ? before : Time(output, queries, cache, batch, plain);
        times.Attention += without;
        times.Repeated += without;
        times.Signal += with - without;
    }

    public void Merge(Tensor output, Tensor logSumExp, Tensor otherOutput, Tensor otherLogSumExp, int heads)
    {
        long start = device.Now();
        inner.Merge(output, logSumExp, otherOutput, otherLogSumExp, heads);
        device.Times.Attention += device.Now() - start;
    }

    private long Time(Tensor output, Tensor queries, in PagedKv cache, in RaggedBatch batch, in AttentionArguments arguments)
    {
        long start = device.Now();
        inner.Forward(output, queries, cache, batch, arguments);
        return device.Now() - start;
    }
}
