using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using NUnit.Framework;
using Winnow.Simulator.Execution;
using Winnow.Simulator.Ptx;
using Winnow.TestSupport;

namespace Winnow.Simulator.Tests.Faults;

/// <summary>The corpus itself: that it holds what it promises, before anything is executed.</summary>
public sealed class FaultCorpusTests
{
    private static IEnumerable<TestCaseData> Cases => FaultCorpus.Cases.Select(fault => new TestCaseData(fault).SetArgDisplayNames(fault.Kernel));

    [Test]
    public void Cases_AreManyAndOneOfEveryKind()
    {
        IEnumerable<string> kinds = typeof(FaultKinds).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(field => (string)field.GetRawConstantValue()!);

        Assert.That(FaultCorpus.Cases, Has.Count.GreaterThanOrEqualTo(40));
        Assert.That(FaultCorpus.Cases.Select(fault => fault.Kernel), Is.Unique);
        Assert.That(FaultCorpus.Cases.Select(fault => fault.Kind).Distinct(), Is.EquivalentTo(kinds));
    }

    [TestCaseSource(nameof(Cases))]
    public void Lines_AreThoseOfInstructions(object data)
    {
        var fault = (FaultCase)data;
        NvrtcSupport.Require();

        PtxModule faulty = FaultCorpus.Parse(fault, isFaulty: true);
        PtxModule correct = FaultCorpus.Parse(fault, isFaulty: false);

        IEnumerable<int> lines = faulty.Functions.Values.SelectMany(function => function.Instructions).Select(instruction => instruction.Line);
        Assert.That(fault.Lines, Is.SubsetOf(lines));
        Assert.That(correct.Functions.Keys, Does.Contain(fault.Kernel));
    }
}
