using System.IO;
using System.Linq;
using NUnit.Framework;

namespace Winnow.Benchmarking.Traces;

public sealed class TraceDatasetTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void Create() => _folder = new TemporaryFolder();

    [TearDown]
    public void Remove() => _folder.Dispose();

    [Test]
    public void Load_OfAFolderFindsWhatIsInIt()
    {
        Write("definitions/gqa_paged/a.json", Published.Definition);
        Write("solutions/gpt/rmsnorm/b.json", Published.Solution);
        Write("workloads/rmsnorm/c.jsonl", Published.Lines[0] + "\n" + Published.Lines[1]);

        TraceDataset dataset = TraceDataset.Load(_folder.Root);

        Assert.That(dataset.Problems, Is.Empty);
        Assert.That(dataset.Definitions.Keys, Is.EqualTo(new[] { "gqa_paged_decode_h4_kv2_d8_ps2" }));
        Assert.That(dataset.Solutions.Keys, Is.EqualTo(new[] { "gpt_rmsnorm_h512_cuda" }));
        Assert.That(dataset.Workloads.Select(workload => workload.Definition), Is.EqualTo(new[] { "rmsnorm_h128" }), "a line with an evaluation is a result");
        Assert.That(dataset.Root, Is.EqualTo(_folder.Root));
    }

    [Test]
    public void Load_OfFilesTellsThemApartByTheirFields()
    {
        Write("a.json", Published.Definition);
        Write("b.json", Published.Solution);
        Write("c.jsonl", Published.Lines[0]);

        TraceDataset dataset = TraceDataset.Load(_folder["a.json"], _folder["b.json"], _folder["c.jsonl"]);

        Assert.That((dataset.Definitions.Count, dataset.Solutions.Count, dataset.Workloads.Count, dataset.Problems.Count), Is.EqualTo((1, 1, 1, 0)));
        Assert.That(dataset.Root, Is.EqualTo(_folder.Root));
    }

    [Test]
    public void Load_OfDamagedFilesListsThemAndHasTheRest()
    {
        Write("definitions/a.json", Published.Definition);
        Write("definitions/again.json", Published.Definition);
        Write("definitions/broken.json", "{");
        Write("solutions/b.json", Published.Solution.Replace("\"cuda\"", "\"rust\"", System.StringComparison.Ordinal));
        Write("workloads/c.jsonl", string.Join('\n', Published.Lines[0], Published.Lines[0], "{}", Published.Lines[0].Replace("e2142798", "f2142798", System.StringComparison.Ordinal)));

        TraceDataset dataset = TraceDataset.Load(_folder.Root);

        Assert.That((dataset.Definitions.Count, dataset.Solutions.Count, dataset.Workloads.Count), Is.EqualTo((1, 0, 2)));
        string[] problems = [.. dataset.Problems.Select(problem => problem.Message)];
        Assert.That(problems, Has.Length.EqualTo(5));
        Assert.That(problems[0], Does.Contain("again.json: name: there is a definition 'gqa_paged_decode_h4_kv2_d8_ps2' already, in " + _folder["definitions/a.json"]));
        Assert.That(problems[1], Does.Contain("broken.json(1): this is no JSON"));
        Assert.That(problems[2], Does.Contain("b.json(6): spec.language"));
        Assert.That(problems[3], Does.Contain("c.jsonl(2): workload.uuid: 'e2142798-a0ce-49dd-9eaa-72727ad69f0f' stands there twice"));
        Assert.That(problems[4], Does.Contain("c.jsonl(3): definition: this is missing"));
    }

    [Test]
    public void Load_OfWhatIsNotThereSaysWhatADatasetIs()
    {
        Assert.That(() => TraceDataset.Load(_folder["nowhere"]), Throws.TypeOf<WinnowException>().With.Message.Contains("nowhere: there is no such file or folder"));
        Assert.That(() => TraceDataset.Load(_folder.Root), Throws.TypeOf<WinnowException>().With.Message.Contains("this is no data set"));
    }

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[name])!);
        File.WriteAllText(_folder[name], text);
    }
}
