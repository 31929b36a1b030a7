# The audit of the report: published beside reproduced, every claim with a verdict.
#   needs: the figures, tables and numbers of the experiments that config.yaml's `audit` names; their claims
#          (config/claims), published numbers (config/published), and findings, prose and captions (workflow/audit)
#   steps: claims_verdicts -> audit_content -> audit_documents
#   makes: results/<run>/audit/tables/{verdicts,tests}.*, results/<run>/audit/audit.{html,pdf}

AUDITED = config["audit"]
LEDGER = shipped("config/claims/ledger.yaml")
AUDIT_RESULTS = [file for experiment in plan.audited() for file in experiment.results()]


localrules:
    claims_verdicts,
    audit_content,
    audit_documents,


rule audit:
    """The audit of every experiment that the config names, as a page and as a paper."""
    input:
        "<results>/audit/audit.html",
        "<results>/audit/audit.pdf",


rule report:
    """The audit, by its old name."""
    input:
        rules.audit.input,


rule claims_verdicts:
    """Decide every claim from the numbers of the experiments, with all claims as one family."""
    input:
        **{f"{experiment.name}_images": experiment.images for experiment in plan.audited()},
        **{f"{experiment.name}_designs": experiment.deciding_designs() for experiment in plan.audited()},
        claims=[shipped(f"config/claims/{experiment}.yaml") for experiment in AUDITED],
        published=[experiment.published for experiment in plan.audited()],
        metrics=expand("<results>/{experiment}/metrics/all.csv", experiment=AUDITED),
        ledger=LEDGER,
    output:
        **result_files("tables", "<results>/audit/tables/verdicts"),
        tests="<results>/audit/tables/tests.csv",
    log:
        "<logs>/claims_verdicts/verdicts.log",
    conda:
        "../envs/audit.yaml"
    params:
        **plan.code("claims_verdicts"),
        run=plan.run,
        experiments=AUDITED,
        untestable={experiment.name: experiment.untestable() for experiment in plan.audited()},
        label=f"{plan.run} scale",
        caption=caption("verdicts"),
    script:
        "../workflow/scripts/claims_verdicts.py"


rule audit_content:
    """Gather findings, claims, prose, tables, figures and where each is from."""
    input:
        results=AUDIT_RESULTS,
        verdicts=rules.claims_verdicts.output.csv,
        tests=rules.claims_verdicts.output.tests,
        summaries=expand("<results>/{experiment}/metrics/summary.csv", experiment=AUDITED),
        published=[experiment.published for experiment in plan.audited()],
        prose=[shipped(f"workflow/audit/{experiment}/prose.md") for experiment in AUDITED],
        designs=shipped("workflow/audit/designs/prose.md"),
        findings=shipped("workflow/audit/findings.yaml"),
        reading=shipped("workflow/audit/reading.md"),
        deciding=shipped("workflow/audit/deciding.md"),
        notebooks=shipped("workflow/audit/notebooks.md"),
        references=shipped("workflow/audit/references.yaml"),
        citation=shipped("CITATION.cff"),
        ledger=LEDGER,
    output:
        content="<results>/audit/content.json",
        settings="<results>/audit/settings.json",
        provenance="<results>/audit/content.provenance.json",
    log:
        "<logs>/audit_content/content.log",
    conda:
        "../envs/audit.yaml"
    params:
        **plan.code("audit_content"),
        run=plan.run,
        settings={experiment.name: experiment.settings_by_condition() for experiment in plan.audited()},
        about={experiment.name: experiment.about() for experiment in plan.audited()},
    script:
        "../workflow/scripts/audit_content.py"


rule audit_documents:
    """The audit as one page that opens offline, and as a short paper."""
    input:
        results=AUDIT_RESULTS,
        content=rules.audit_content.output.content,
        settings=rules.audit_content.output.settings,
        page=shipped("workflow/audit/page.html"),
        style=shipped("workflow/audit/page.css"),
        behaviour=shipped("workflow/audit/page.js"),
        paper=shipped("workflow/audit/paper.typ"),
        references=shipped("workflow/audit/references.yaml"),
    output:
        html=audit_file("<results>/audit/audit.html", "page"),
        pdf=audit_file("<results>/audit/audit.pdf", "paper"),
        provenance="<results>/audit/documents.provenance.json",
    log:
        "<logs>/audit_documents/audit.log",
    conda:
        "../envs/audit.yaml"
    params:
        **plan.code("audit_documents"),
    script:
        "../workflow/scripts/audit_documents.py"
