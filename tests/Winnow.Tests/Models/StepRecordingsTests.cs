using System.Collections.Generic;
using NUnit.Framework;
using Winnow.Gpu;
using Winnow.Kernels;
using Winnow.Models;
using Winnow.Tests.Engine;

namespace Winnow.Tests.Models;

/// <summary>What becomes of a step whose recording the device refuses to launch.</summary>
public sealed class StepRecordingsTests
{
    private readonly List<Recording> _made = [];

    [SetUp]
    public void Forget() => _made.Clear();

    [Test]
    public void Run_OfARecordingThatIsRefusedForGoodIssuesTheStepAndRecordsTheNextOneAnew()
    {
        int issued = 0;
        using var device = new FaultyDevice { Recorder = _ => Made(new Recording { IsRefused = _made.Count == 0, BecomesStale = true }) };
        using var recordings = new StepRecordings(device);
        for (int step = 0; step < 5; step++)
        {
            recordings.Run(default, () => issued++, mayPrepare: false);
        }

        Assert.That(issued, Is.EqualTo(3), "the first step, the one that was refused, and the one after it");
        Assert.That(_made, Has.Count.EqualTo(2));
        Assert.That((_made[0].Launches, _made[0].IsDisposed, _made[1].Launches, _made[1].IsDisposed), Is.EqualTo((0, true, 2, false)));
    }

    [Test]
    public void Run_OfARecordingThatFailsOtherwiseThrows()
    {
        int issued = 0;
        using var device = new FaultyDevice { Recorder = _ => Made(new Recording { IsRefused = true }) };
        using var recordings = new StepRecordings(device);
        recordings.Run(default, () => issued++, mayPrepare: false);

        Assert.That(() => recordings.Run(default, () => issued++, mayPrepare: false), Throws.TypeOf<CudaException>());
        Assert.That(issued, Is.EqualTo(1));
    }

    private Recording Made(Recording recording)
    {
        _made.Add(recording);
        return recording;
    }

    private sealed class Recording : DeviceRecording
    {
        private bool _stale;

        public bool IsRefused { get; init; }

        public bool BecomesStale { get; init; }

        public int Launches { get; private set; }

        public bool IsDisposed { get; private set; }

        public override bool IsStale => _stale;

        public override void Launch()
        {
            if (IsRefused)
            {
                _stale = BecomesStale;
                throw new CudaException(912, "CUDA_ERROR_INVALID_CLUSTER_SIZE", "cuGraphLaunch");
            }

            Launches++;
        }

        protected override void Dispose(bool disposing) => IsDisposed = true;
    }
}
