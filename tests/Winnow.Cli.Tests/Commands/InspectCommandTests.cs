using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Winnow.Cli.Commands;

public sealed class InspectCommandTests
{
    [Test]
    public async Task Inspect_ShowsTheModelAndEveryTensor()
    {
        CliRun run = await CliRun.OfAsync("inspect");

        Assert.That(run.Code, Is.Zero);
        Assert.That(run.Output, Does.Contain("1.19 million").And.Contain("model.layers.5.mlp.down_proj.weight").And.Contain("128 x 352"));
    }

    [Test]
    public async Task Inspect_JsonAddsUp()
    {
        CliRun run = await CliRun.OfAsync("inspect", "--json");

        JsonElement model = run.Json.Single();
        JsonElement[] tensors = [.. model.GetProperty("tensors").EnumerateArray()];
        Assert.That(tensors.Sum(tensor => tensor.GetProperty("bytes").GetInt64()), Is.EqualTo(model.GetProperty("weight_bytes").GetInt64()));
        Assert.That(model.GetProperty("kv_bytes_per_token").GetInt32(), Is.EqualTo(2 * 6 * 2 * 32 * sizeof(float)));
        Assert.That(tensors.Select(tensor => tensor.GetProperty("type").GetString()), Is.All.EqualTo("F16"));
    }

    [Test]
    public async Task Inspect_TakesThePathEitherWayButNotTwice()
    {
        CliRun argument = await CliRun.OfAsync("inspect", ModelOption.BundledPath);
        CliRun option = await CliRun.OfAsync("inspect", "--model", ModelOption.BundledPath);
        CliRun both = await CliRun.OfAsync("inspect", ModelOption.BundledPath, "--model", ModelOption.BundledPath);

        Assert.That(option.Output, Is.EqualTo(argument.Output));
        Assert.That(both.Code, Is.EqualTo(ExitCodes.Usage));
    }
}
