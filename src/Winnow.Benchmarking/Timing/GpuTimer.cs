using System;
using System.Collections.Generic;
using Winnow.Gpu;

namespace Winnow.Benchmarking.Timing;

/// <summary>Takes times of work on a stream with a device's events. One thread uses it.</summary>
public sealed class GpuTimer : IDisposable
{
    private const int FlushFactor = 2;

    private readonly GpuDriver _driver;
    private readonly GpuStream _stream;
    private readonly TimingOptions _options;
    private readonly GpuEvent _start;
    private readonly GpuEvent _end;
    private readonly long _flushBytes;
    private nint _flush;

    /// <summary>Creates a timer.</summary>
    /// <param name="driver">The device; it stays with the caller.</param>
    /// <param name="stream">Where the work is issued; it stays with the caller.</param>
    /// <param name="options">How times are taken; null for the defaults.</param>
    public GpuTimer(GpuDriver driver, GpuStream stream, TimingOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(driver);
        (_driver, _stream, _options) = (driver, stream, options ?? new TimingOptions());
        _options.Check();
        _flushBytes = Math.Max(1, FlushFactor * driver.Properties.L2Bytes);
        (_start, _end) = (driver.CreateEvent(timing: true), driver.CreateEvent(timing: true));
    }

    /// <summary>Times one piece of work.</summary>
    /// <param name="work">The work.</param>
    /// <returns>Microseconds of each sample.</returns>
    public double[] Measure(TimedWork work) => MeasureAll([work])[0];

    /// <summary>Times two pieces of work that take turns, the first going first every other time: what drifts, drifts for both.</summary>
    /// <param name="first">One.</param>
    /// <param name="second">The other.</param>
    /// <returns>Microseconds of each sample; samples of the same index belong together.</returns>
    public (double[] First, double[] Second) MeasurePair(TimedWork first, TimedWork second)
    {
        double[][] times = MeasureAll([first, second]);
        return (times[0], times[1]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _driver.DestroyEvent(_start);
        _driver.DestroyEvent(_end);
        if (_flush != 0)
        {
            _driver.Free(_flush);
            _flush = 0;
        }
    }

    private double[][] MeasureAll(TimedWork[] works)
    {
        var graphs = new List<GpuGraph>();
        try
        {
            var runs = new Func<double>[works.Length];
            for (int i = 0; i < works.Length; i++)
            {
                TimedWork work = works[i];
                IssueAll(work);
                _driver.Synchronize(_stream);
                if (_options.Method == TimingMethod.Flush)
                {
                    runs[i] = () => RunOnce(work);
                    continue;
                }

                (GpuGraph graph, int launches) = Record(work);
                graphs.Add(graph);
                runs[i] = () => Replay(graph) / launches;
            }

            return Samples(runs);
        }
        finally
        {
            _driver.Synchronize(_stream);
            graphs.ForEach(_driver.DestroyGraph);
        }
    }

    // What a first run loads and allocates must be there before a graph is recorded.
    private void IssueAll(TimedWork work)
    {
        for (int copy = 0; copy < work.Copies; copy++)
        {
            work.Issue(_stream, copy);
        }
    }

    private double[][] Samples(Func<double>[] runs)
    {
        double[][] times = Array.ConvertAll(runs, _ => new double[_options.Samples]);
        for (int sample = -_options.WarmUps; sample < _options.Samples; sample++)
        {
            for (int turn = 0; turn < runs.Length; turn++)
            {
                int which = (turn + Math.Abs(sample)) % runs.Length;
                double time = runs[which]();
                if (sample >= 0)
                {
                    times[which][sample] = time;
                }
            }
        }

        return times;
    }

    /// <summary>Writing the cache over takes the device longer than issuing what follows takes the host, so no gap of the host's is measured.</summary>
    private double RunOnce(TimedWork work)
    {
        _flush = _flush == 0 ? _driver.Allocate(_flushBytes) : _flush;
        work.Restore?.Invoke(_stream);
        _driver.Fill(_flush, 0, _flushBytes, _stream);
        _driver.Record(_start, _stream);
        work.Issue(_stream, 0);
        return Elapsed();
    }

    private double Replay(GpuGraph graph)
    {
        _driver.Record(_start, _stream);
        _driver.Launch(graph, _stream);
        return Elapsed();
    }

    private double Elapsed()
    {
        _driver.Record(_end, _stream);
        _driver.Synchronize(_end);
        return _driver.ElapsedTime(_start, _end).TotalMicroseconds;
    }

    private (GpuGraph Graph, int Launches) Record(TimedWork work)
    {
        int rounds = (_options.GraphLaunches + work.Copies - 1) / work.Copies;
        int launches = rounds * work.Copies;
        _driver.BeginCapture(_stream);
        for (int i = 0; i < launches; i++)
        {
            work.Issue(_stream, i % work.Copies);
        }

        return (_driver.EndCapture(_stream), launches);
    }
}
