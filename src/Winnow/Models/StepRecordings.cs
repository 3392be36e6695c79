using System;
using System.Collections.Generic;
using Winnow.Cache;
using Winnow.Kernels;

namespace Winnow.Models;

/// <summary>
/// Decode steps as recordings of the device. A step of a shape that was not seen yet is issued op by op, which compiles what it needs;
/// the second one is recorded, and from then on it is issued as one piece. Allocates nothing once a shape is recorded.
/// </summary>
/// <param name="device">The device.</param>
internal sealed class StepRecordings(ComputeDevice device) : IDisposable
{
    private readonly Dictionary<Key, DeviceRecording?> _recordings = [];
    private bool _unsupported;

    /// <summary>Issues a step.</summary>
    /// <param name="key">What the addresses and sizes of the step depend on.</param>
    /// <param name="issue">Issues it op by op.</param>
    /// <param name="mayPrepare">Whether it may go through the step beforehand, to have its kernels compiled side by side.</param>
    public void Run(in Key key, Action issue, bool mayPrepare)
    {
        if (_unsupported)
        {
            issue();
            return;
        }

        if (!_recordings.TryGetValue(key, out DeviceRecording? recording))
        {
            if (mayPrepare)
            {
                device.Prepare(issue);
            }

            issue();
            _recordings.Add(key, null);
            return;
        }

        if (recording is null)
        {
            recording = device.Record(issue);
            _unsupported = recording is null;
            _recordings[key] = recording;
        }
        else if (recording.IsStale)
        {
            recording.Dispose();
            recording = null;
            _recordings[key] = null;
        }

        if (recording is null || !TryLaunch(recording))
        {
            issue();
        }
    }

    // A device that refuses what is recorded says so by making the recording stale: this step is issued op by op, and the next one recorded anew.
    private static bool TryLaunch(DeviceRecording recording)
    {
        try
        {
            recording.Launch();
            return true;
        }
        catch (WinnowException) when (recording.IsStale)
        {
            return false;
        }
    }

    public void Dispose()
    {
        foreach (DeviceRecording? recording in _recordings.Values)
        {
            recording?.Dispose();
        }

        _recordings.Clear();
    }

    /// <summary>What the addresses and sizes of a decode step depend on.</summary>
    /// <param name="Cache">The cache.</param>
    /// <param name="Batch">The batch, for its memory.</param>
    /// <param name="Sequences">Sequences of one token each.</param>
    /// <param name="MostSlots">The bound on slots that grids are made for.</param>
    /// <param name="NeedsLogits">Whether logits are copied to the host.</param>
    /// <param name="SamplingPasses">How often the device goes through the logits to choose tokens; 0 where it chooses none.</param>
    /// <param name="Signals">Which signals attention gives.</param>
    public readonly record struct Key(
        KvCache Cache, StepBatch Batch, int Sequences, int MostSlots, bool NeedsLogits, int SamplingPasses, SignalKinds Signals);
}
